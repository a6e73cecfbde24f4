// What the sink, the consumer and the project's own scripts build on; outside semver.
export { parseEndpoint } from "./endpoint/parse-endpoint.js";
export { redactUrl } from "./endpoint/redact-url.js";
export { explain, formatExplanation } from "./explanation.js";
export { type Complain, complainTo, loggerOf } from "./logging.js";
export { brokerArguments } from "./options/broker-arguments.js";
export { closestName } from "./options/closest-name.js";
export { connectionTable, WHERE } from "./options/connection-table.js";
export { optionTables } from "./options/document.js";
export { optionsFromEnv, overEnvironment, variablesFor } from "./options/environment.js";
export { inGroup, type Row, type Rows } from "./options/row.js";
export { factoriesIn } from "./options/transport-kinds.js";
export type {
  Attributes,
  Counter,
  Histogram,
  Meter,
  MeterProvider,
  Span,
  SpanContext,
  Tracer,
  TracerProvider,
} from "./otel/api.js";
export {
  CLIENT_SPAN,
  CONSUMER_SPAN,
  DURATION_BUCKETS,
  endSpan,
  MAX_LINKS,
  OperationAttributes,
  systemAttributes,
} from "./otel/conventions.js";
export { Instrumentation } from "./otel/instrumentation.js";
export { otelMeter, otelTracer } from "./otel/kinds.js";
export { type Instruments, type Observe, observeMetrics } from "./otel/observed-metrics.js";
export { activeSpanOf, spanContextOf, withSpan } from "./otel/trace-context.js";
export type { Provider } from "./provider/provider.js";
export {
  type ConnectingTable,
  type Connection,
  configureTransport,
  connectionSettings,
  endpointsOf,
  placeOf,
  resolveConnection,
} from "./resolve-connection.js";
export { type Choice, capabilitiesOf, consumingOf, nameOf } from "./transport/choose.js";
export { makeTransport } from "./transport/make.js";
export { rowsWith } from "./transport/own-options.js";
export { unsupportedCapabilities } from "./transport/support.js";
export { renamed, resolveNamed, type UrlOption } from "./url-option.js";
