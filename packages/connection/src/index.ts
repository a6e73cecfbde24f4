export type { Explanation } from "./explanation.js";
export type { ConnectionOptions, UserTlsOptions } from "./options/connection-options.js";
export type { ExplainedOption } from "./options/explain.js";
export type { Meter, MeterProvider, Tracer, TracerProvider } from "./otel/api.js";
export type { TokenCredential } from "./transport/descriptions.js";
export type { OptionsOf } from "./transport/options-of.js";
export type { BuiltInTransportOptions } from "./transport/registry.js";
