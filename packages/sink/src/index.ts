export type { ExplainedOption, TokenCredential, UserTlsOptions } from "@streamll/connection";
export type { DurationText, SizeText } from "@streamll/core/options";
export { BrokerSink, type PublishOptions, type SinkEvents } from "./broker-sink.js";
export { type Explanation, formatExplanation } from "./explain.js";
export type { Failure } from "./failure.js";
export { sinkOptionsFromEnv } from "./options/environment.js";
export type {
  BrokerSinkOptions,
  HeaderValue,
  RabbitMQSinkOptions,
  UserHeaders,
} from "./options/sink-options.js";
export { RabbitMQSink } from "./rabbitmq-sink.js";
