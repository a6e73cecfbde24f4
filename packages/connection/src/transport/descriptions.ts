// The transports' own descriptions, built into this package: options are checked before a transport is loaded, and also
// where it is not installed. Nothing else of a transport may be imported but by `import()`.

export type { ServiceBusOptions, TokenCredential } from "../../../transport-amqp10/src/azure/options.js";
export { amqp10Description, serviceBusDescription } from "../../../transport-amqp10/src/description.js";
export { amqp091Description } from "../../../transport-amqp091/src/description.js";
export { memoryDescription } from "../../../transport-memory/src/description.js";
export { pubsubDescription } from "../../../transport-pubsub/src/description.js";
export type { PubSubOptions } from "../../../transport-pubsub/src/options.js";
export { streamsDescription } from "../../../transport-streams/src/description.js";
export type { StreamOptions } from "../../../transport-streams/src/options.js";
