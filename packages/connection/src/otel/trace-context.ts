import type { SpanContext } from "./api.js";

// Where every 1.x of @opentelemetry/api keeps what a program registers, and where a context keeps its span: read there,
// it need not be installed.
const registered = Symbol.for("opentelemetry.js.api.1");
const activeSpan = Symbol.for("OpenTelemetry Context Key SPAN");

interface Context {
  getValue(key: symbol): unknown;
  setValue(key: symbol, value: unknown): Context;
}

interface Contexts {
  active(): Context;
  with<R>(context: Context, fn: () => R): R;
}

interface OpenTelemetry {
  readonly [registered]?: { readonly context?: Contexts };
}

const contexts = (): Contexts | undefined => (globalThis as OpenTelemetry)[registered]?.context;

/** What the program's OpenTelemetry has as the active span; `undefined` without one. */
export const activeSpanOf = (): unknown => contexts()?.active().getValue(activeSpan);

/** Runs a function with a span as the active one, where the program uses OpenTelemetry. */
export function withSpan<R>(span: unknown, fn: () => R): R {
  const all = contexts();
  return all === undefined || span === undefined
    ? fn()
    : all.with(all.active().setValue(activeSpan, span), fn);
}

/** W3C Trace Context, section 3.2: version, trace, parent, flags. */
const traceParent = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?:-|$)/;

/** The span that the headers `traceparent` and `tracestate` name; `undefined` for those of another form. */
export function spanContextOf(traceparent: unknown, tracestate?: unknown): SpanContext | undefined {
  const found = typeof traceparent === "string" ? traceParent.exec(traceparent) : null;
  if (found === null) return undefined;
  const [, traceId, spanId, flags] = found as unknown as [string, string, string, string];
  return {
    ...{ traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true },
    ...(typeof tracestate === "string" && { traceState: stateOf(tracestate) }),
  };
}

/** As it came: to change it is the business of whoever begins a span. */
function stateOf(text: string): NonNullable<SpanContext["traceState"]> {
  const state: NonNullable<SpanContext["traceState"]> = {
    set: () => state,
    unset: () => state,
    get: () => undefined,
    serialize: () => text,
  };
  return state;
}
