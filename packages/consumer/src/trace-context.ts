// Where every 1.x of @opentelemetry/api keeps what a program registers, and where a context keeps its span: read there,
// it need not be installed.
const registered = Symbol.for("opentelemetry.js.api.1");
const activeSpan = Symbol.for("OpenTelemetry Context Key SPAN");

interface Context {
  setValue(key: symbol, value: unknown): Context;
}

interface OpenTelemetry {
  readonly [registered]?: {
    readonly context?: { active(): Context; with<R>(context: Context, fn: () => R): R };
  };
}

/** W3C Trace Context, section 3.2: version, trace, parent, flags. */
const traceParent = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?:-|$)/;

/** Runs a function below the span that a message's `traceparent` names, where the program uses OpenTelemetry. */
export function inTraceOf<R>(headers: Readonly<Record<string, unknown>>, fn: () => R): R {
  const contexts = (globalThis as OpenTelemetry)[registered]?.context;
  const { traceparent, tracestate } = headers;
  const found = typeof traceparent === "string" ? traceParent.exec(traceparent) : null;
  if (contexts === undefined || found === null) return fn();
  const [, traceId, spanId, flags] = found as unknown as [string, string, string, string];
  const span = new RemoteSpan({
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
    ...(typeof tracestate === "string" && { traceState: stateOf(tracestate) }),
  });
  return contexts.with(contexts.active().setValue(activeSpan, span), fn);
}

/** As it came: to change it is the business of whoever begins a span. */
function stateOf(text: string) {
  const state = { set: () => state, unset: () => state, get: () => undefined, serialize: () => text };
  return state;
}

/** A span of another process: others begin below it, and nothing is written to it. */
class RemoteSpan {
  readonly #context: object;

  constructor(context: object) {
    this.#context = context;
  }

  spanContext = () => this.#context;
  isRecording = () => false;
  setAttribute = () => this;
  setAttributes = () => this;
  addEvent = () => this;
  addLink = () => this;
  addLinks = () => this;
  setStatus = () => this;
  updateName = () => this;
  recordException = () => {};
  end = () => {};
}
