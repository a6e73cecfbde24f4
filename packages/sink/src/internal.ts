// What sibling packages and the project's own scripts build on; outside semver.

export { deadLetterOf } from "./dead-letter.js";
export {
  type BindingKey,
  builtInType,
  type ExchangeRequest,
  exchangeTypeOf,
  routingType,
  unknownType,
} from "./exchange-type.js";
export { optionsDocument } from "./options/document.js";
export { overSinkEnvironment } from "./options/environment.js";
export { allRows, type OptionName } from "./options/table.js";
export { type Plan, resolve } from "./resolve.js";
export { destinationIn } from "./spool/destination.js";
export { isFor, type OwnFolder, takeFolder } from "./spool/folder.js";
export { type FolderOwner, foldersAt, lookAtFolder, ownerAt, type SeenFolder } from "./spool/look.js";
export { nodeDisk, readOnlyDisk } from "./spool/node-disk.js";
export { SILENCE_MS } from "./spool/orphans.js";
export { ownerOf } from "./spool/owner.js";
export { engineOn } from "./spool/spooled-engine.js";
export { resolveTopology } from "./topology.js";
