export type { ExplainedOption, TokenCredential, UserTlsOptions } from "@streamll/connection";
export {
  type ConsumingEvents,
  type ConsumingHealth,
  type ConsumingReport,
  type ConsumingStats,
  DeadLetter,
  type DedupStore,
  type OffsetStore,
  RetryLater,
  type SettlementOutcome,
} from "@streamll/core";
export type { DurationText } from "@streamll/core/options";
export { EventConsumer } from "./event-consumer.js";
export { type ConsumerExplanation, formatExplanation } from "./explain.js";
export type {
  BatchHandler,
  EventConsumerOptions,
  EventDelivery,
  EventHandler,
  EventInHand,
} from "./options/consumer-options.js";
export type { SchemaIssue, SchemaResult, StandardSchema } from "./standard-schema.js";
