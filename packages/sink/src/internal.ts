// What sibling packages and the project's own scripts build on; outside semver.
export { parseEndpoint } from "./endpoint/parse-endpoint.js";
export { redactUrl } from "./endpoint/redact-url.js";
export {
  type BindingKey,
  builtInType,
  type ExchangeRequest,
  exchangeTypeOf,
  routingType,
  unknownType,
} from "./exchange-type.js";
export { closestName } from "./options/closest-name.js";
export { optionsDocument } from "./options/document.js";
export { overEnvironment, variablesFor } from "./options/environment.js";
export { groups, Refusal } from "./options/option.js";
export { type OptionName, optionNames, rowOf } from "./options/table.js";
export { type Plan, resolve } from "./resolve.js";
export { resolveTopology } from "./topology.js";
