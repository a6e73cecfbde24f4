import { type SpanContext, spanContextOf, withSpan } from "@streamll/connection/internal";

/** Runs a function below the span that a message's `traceparent` names, where the program uses OpenTelemetry. */
export function inTraceOf<R>(headers: Readonly<Record<string, unknown>>, fn: () => R): R {
  const context = spanContextOf(headers.traceparent, headers.tracestate);
  return withSpan(context && new RemoteSpan(context), fn);
}

/** A span of another process: others begin below it, and nothing is written to it. */
class RemoteSpan {
  readonly #context: SpanContext;

  constructor(context: SpanContext) {
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
