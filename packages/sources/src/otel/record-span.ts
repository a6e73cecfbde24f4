import { openCall } from "@streamll/core";
import { endCall, openingOf } from "./call.js";
import { type OtelSpan, parentSpanIdOf } from "./span.js";

/**
 * Records a span that has ended, for exporters and receivers, which see none begin: both events are told at once, with
 * the times of the span. The trace is the execution, the span's id that of its start, so spans may come in any order, and
 * a parent from another process.
 *
 * @example
 * const exporter = { export: (spans, done) => (spans.forEach(recordSpan), done({ code: 0 })), … };
 */
export function recordSpan(span: OtelSpan): void {
  const { traceId, spanId } = span.spanContext();
  const { operation, options, asked } = openingOf(span);
  const place = { id: spanId, executionId: traceId, parentId: parentSpanIdOf(span) };
  endCall(openCall(operation, { ...options, ...place }), span, asked);
}
