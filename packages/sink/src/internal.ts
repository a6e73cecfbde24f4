// What sibling packages and the project's own scripts build on; outside semver.
export { parseEndpoint } from "./endpoint/parse-endpoint.js";
export { optionsDocument } from "./options/document.js";
export { Refusal } from "./options/option.js";
export { optionNames } from "./options/table.js";
export { resolveTopology } from "./topology.js";
