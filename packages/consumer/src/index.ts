export type {
  ExplainedOption,
  Meter,
  MeterProvider,
  TokenCredential,
  Tracer,
  TracerProvider,
  UserTlsOptions,
} from "@streamll/connection";
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
export { DeadLetters, type PurgeReport } from "./dead-letters/dead-letters.js";
export type { DeadLettersOptions } from "./dead-letters/dead-letters-options.js";
export { FailedEventConsumer } from "./dead-letters/failed-event-consumer.js";
export type {
  FailedDelivery,
  FailedEventAction,
  FailedEventConsumerOptions,
  FailedEventHandler,
} from "./dead-letters/failed-options.js";
export { type Death, type Failure, failureOf } from "./dead-letters/failure.js";
export type {
  DeadLetterList,
  DeadLettersShown,
  LetterGroup,
  ListedLetter,
  ShownLetter,
} from "./dead-letters/listing.js";
export type { PurgeOptions, ReplayOptions } from "./dead-letters/method-options.js";
export type { ReplayProblem, ReplayProgress, ReplayReport } from "./dead-letters/replay.js";
export type { ReplayTarget } from "./dead-letters/replayed.js";
export type { Incomplete } from "./dead-letters/scan.js";
export type { Selection } from "./dead-letters/selection.js";
export { EventConsumer } from "./event-consumer.js";
export { type ConsumerExplanation, formatExplanation } from "./explain.js";
export type {
  BatchHandler,
  EventConsumerOptions,
  EventDelivery,
  EventHandler,
  EventInHand,
} from "./options/consumer-options.js";
export type { EventOf } from "./options/event-data.js";
export type { SchemaIssue, SchemaResult, StandardSchema } from "./standard-schema.js";
