import { activeSpanOf, type SpanContext } from "@streamll/connection/internal";
import type { MessageHeaders } from "@streamll/core";

interface ActiveSpan {
  spanContext(): SpanContext;
}

/** Adds the W3C headers of the span that is active where the event is handed over, if there is one. */
export function addTraceContext(headers: { [name: string]: MessageHeaders[string] }): void {
  try {
    const span = activeSpanOf() as ActiveSpan | undefined;
    if (span === undefined) return;
    const { traceId, spanId, traceFlags, traceState } = span.spanContext();
    if (!isId(traceId, 32) || !isId(spanId, 16)) return;
    headers.traceparent = `00-${traceId}-${spanId}-${(traceFlags & 0xff).toString(16).padStart(2, "0")}`;
    const state = traceState?.serialize();
    if (typeof state === "string" && /^[ -~]{1,512}$/.test(state)) headers.tracestate = state;
  } catch {
    // Whatever stands there, the event goes without.
  }
}

const isId = (id: string, length: number): boolean =>
  id.length === length && /^[0-9a-f]+$/.test(id) && !/^0+$/.test(id);
