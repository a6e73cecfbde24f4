import type { MessageHeaders } from "@streamll/core";
import type { SpanContext } from "./otel/api.js";

// Where every 1.x of @opentelemetry/api keeps what a program registers, and where a context keeps its span: read
// there, it need not be installed.
const registered = Symbol.for("opentelemetry.js.api.1");
const activeSpan = Symbol.for("OpenTelemetry Context Key SPAN");

interface OpenTelemetry {
  readonly [registered]?: { readonly context?: { active(): { getValue(key: symbol): Span | undefined } } };
}

interface Span {
  spanContext(): SpanContext & { readonly traceState?: { serialize(): string } };
}

/** Adds the W3C headers of the span that is active where the event is handed over, if there is one. */
export function addTraceContext(headers: { [name: string]: MessageHeaders[string] }): void {
  try {
    const span = (globalThis as OpenTelemetry)[registered]?.context?.active().getValue(activeSpan);
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

/** The span that a header `traceparent` names; `undefined` for one of another form. */
export function spanContextOf(traceparent: MessageHeaders[string] | undefined): SpanContext | undefined {
  if (typeof traceparent !== "string" || traceparent.length !== 55) return undefined;
  const [version, traceId = "", spanId = "", flags = ""] = traceparent.split("-");
  if (version !== "00" || !isId(traceId, 32) || !isId(spanId, 16)) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) };
}

const isId = (id: string, length: number): boolean =>
  id.length === length && /^[0-9a-f]+$/.test(id) && !/^0+$/.test(id);
