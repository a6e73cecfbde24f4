import { openCall } from "@streamll/core";
import { endCall, openingOf } from "./call.js";
import { type OtelSpan, parentSpanIdOf } from "./span.js";

/**
 * Records a span that has ended, for exporters and receivers, which do not see spans start. Emits `start` and `end`
 * together, with the times of the span. The trace id becomes the `execution_id` and the span id the `event_id` of the
 * `start`, so that spans may come in any order and have parents in other processes.
 *
 * @example
 * const exporter = { export: (spans, done) => (spans.forEach(recordSpan), done({ code: 0 })), … };
 */
export function recordSpan(span: OtelSpan): void {
  const { traceId, spanId } = span.spanContext();
  const { operation, options, hasInputs } = openingOf(span);
  const place = { id: spanId, executionId: traceId, parentId: parentSpanIdOf(span) };
  endCall(openCall(operation, { ...options, ...place }), span, hasInputs);
}
