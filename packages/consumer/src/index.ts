export type { TokenCredential, UserTlsOptions } from "@streamll/connection";
export {
  type ConsumingEvents,
  type ConsumingHealth,
  type ConsumingReport,
  type ConsumingStats,
  DeadLetter,
  type DedupStore,
  RetryLater,
} from "@streamll/core";
export type { DurationText } from "@streamll/core/options";
export { EventConsumer } from "./event-consumer.js";
export type { EventConsumerOptions, EventDelivery, EventHandler } from "./options/consumer-options.js";
