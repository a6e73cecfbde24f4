export { type SpanProcessorOptions, StreamllSpanProcessor } from "./processor.js";
export { recordSpan } from "./record-span.js";
export type { OtelSpan } from "./span.js";
