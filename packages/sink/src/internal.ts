// What sibling packages and the project's own scripts build on; outside semver.
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
export { resolveTopology } from "./topology.js";
