export { type SpanProcessorOptions, StreamllSpanProcessor } from "./processor.js";
export type { OtelSpan } from "./span.js";
