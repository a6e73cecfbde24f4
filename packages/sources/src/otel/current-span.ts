import type { Framework } from "../shared/call-table.js";
import type { OtelSpan } from "./span.js";

/** Where version 1 of the OpenTelemetry API keeps its globals, and where a context keeps the active span. */
const registered = Symbol.for("opentelemetry.js.api.1");
const activeSpan = Symbol.for("OpenTelemetry Context Key SPAN");

interface Api {
  /** Present once a context manager is registered. */
  readonly context?: { active(): { getValue(key: symbol): unknown } };
}

export const framework: Framework = {
  name: "otel",
  currentKey() {
    const api = (globalThis as { [registered]?: Api })[registered];
    const span = api?.context?.active().getValue(activeSpan) as Pick<OtelSpan, "spanContext"> | undefined;
    if (span === undefined) return undefined;
    const { traceId, spanId } = span.spanContext();
    return keyOf(traceId, spanId);
  },
};

export const keyOf = (traceId: string, spanId: string): string => `${traceId} ${spanId}`;
