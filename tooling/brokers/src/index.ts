export type { Broker } from "./broker.js";
export { type Brokers, connectBrokers } from "./connect.js";
export { brokersForTests } from "./for-tests.js";
