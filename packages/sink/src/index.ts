export type { TokenCredential } from "@streamll/core";
export { BrokerSink, type PublishOptions, type SinkEvents } from "./broker-sink.js";
export { type ExplainedOption, type Explanation, formatExplanation } from "./explain.js";
export type { Failure } from "./failure.js";
export { sinkOptionsFromEnv } from "./options/environment.js";
export type {
  DurationText,
  HeaderValue,
  RabbitMQSinkOptions,
  SizeText,
  UserHeaders,
  UserTlsOptions,
} from "./options/sink-options.js";
export { RabbitMQSink } from "./rabbitmq-sink.js";
export type { BrokerSinkOptions } from "./url-option.js";
