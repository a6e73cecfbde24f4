export type { TokenCredential } from "@streamll/core";
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
export { type PublishOptions, RabbitMQSink, type SinkEvents } from "./sink.js";
