export type { Broker } from "./broker.js";
export { type Brokers, connectBrokers } from "./connect.js";
export { brokersForTests } from "./for-tests.js";
export { freePort } from "./ports.js";
export { type FoundMessage, readQueue, unreadable } from "./read-queue.js";
export { until } from "./until.js";
