export type {
  ExplainedOption,
  Meter,
  MeterProvider,
  TokenCredential,
  Tracer,
  TracerProvider,
  UserTlsOptions,
} from "@streamll/connection";
export type { DurationText, SizeText } from "@streamll/core/options";
export { BrokerSink } from "./broker-sink.js";
export { type Explanation, formatExplanation } from "./explain.js";
export type { Failure } from "./failure.js";
export { sinkOptionsFromEnv } from "./options/environment.js";
export type {
  BrokerSinkOptions,
  HeaderValue,
  RabbitMQSinkOptions,
  UserHeaders,
} from "./options/sink-options.js";
export type { PublishOptions } from "./publish-options.js";
export { RabbitMQSink } from "./rabbitmq-sink.js";
export { type FlushAfterOptions, type Flushable, flushAfter } from "./serverless/flush-after.js";
export type { WaitUntil } from "./serverless/wait-until.js";
export type { SinkEvents } from "./sink-events.js";
