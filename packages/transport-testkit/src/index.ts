export {
  type ConsumerUnderTest,
  checkConsuming,
  type QueueUnderTest,
  testConsuming,
} from "./consuming/suite.js";
export {
  type Alone,
  type Cannot,
  cannot,
  type Fault,
  type FaultName,
  type Faults,
  type Heal,
  type StoredMessage,
  type TransportUnderTest,
} from "./options.js";
export { type FaultProxy, proxyTo } from "./proxy.js";
export { BrokenRuleError, type RuleName, rules } from "./rules.js";
export { type CheckResult, checkTransport } from "./run.js";
export { testTransport } from "./suite.js";
