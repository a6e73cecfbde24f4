import type { Endpoint, OutboundBatch, PublishOutcome, TransportError } from "@streamll/core";
import { spanContextOf } from "../trace-context.js";
import type { Attributes, Counter, Histogram, Meter, Span, SpanContext, Tracer } from "./api.js";
import { serverAttributes } from "./place.js";

// Of the API's enumerations, which must not be imported.
const CLIENT = 2;
const ERROR = 2;

/** OpenTelemetry keeps as many links of a span, and drops the others. */
const MAX_LINKS = 128;

/** As the semantic conventions name them for `messaging.client.operation.duration`, in seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** One batch that a connection was handed. */
export interface PublishOperation {
  /** The outcome of some of its messages. Returns whether all have one now. */
  settled(messages: number, outcome: PublishOutcome): boolean;
  /** The connection ended: messages without an outcome get none. */
  lost(error: TransportError | undefined): void;
}

/** What messages without an outcome, and without an error that says why, count as. */
const UNANSWERED = "TRANSPORT_UNREACHABLE";

/** Records the metrics and spans of batches, by the semantic conventions for messaging. */
export class PublishRecorder {
  readonly #tracer: Tracer | undefined;
  readonly #sent: Counter | undefined;
  readonly #duration: Histogram | undefined;
  readonly #place: Attributes;
  readonly #spanName: string;
  readonly #kept = new Map<string, Attributes>();

  constructor(meter: Meter | undefined, tracer: Tracer | undefined, place: Attributes) {
    this.#tracer = tracer;
    this.#sent = meter?.createCounter("messaging.client.sent.messages", {
      description: "Messages that were handed to the broker; each attempt counts.",
      unit: "{message}",
    });
    this.#duration = meter?.createHistogram("messaging.client.operation.duration", {
      description: "From handing a batch to the broker to its last answer.",
      unit: "s",
      advice: { explicitBucketBoundaries: BUCKETS },
    });
    this.#place = { ...place, "messaging.operation.name": "publish", "messaging.operation.type": "send" };
    this.#spanName = `publish ${place["messaging.destination.template"]}`;
  }

  begin(endpoint: Endpoint, batch: OutboundBatch): PublishOperation {
    const startedAt = performance.now();
    const span = this.#startSpan(endpoint, batch);
    /** Messages by the code of their error; "" is none. */
    const counts = new Map<string, number>();
    let left = batch.length;
    let failed: TransportError | undefined;
    const settled = (messages: number, code: string, error: TransportError | undefined): boolean => {
      counts.set(code, (counts.get(code) ?? 0) + messages);
      failed ??= error;
      left -= messages;
      if (left > 0) return false;
      const errorType = [...counts.keys()].find((one) => one !== "") ?? "";
      this.#duration?.record((performance.now() - startedAt) / 1000, this.#attributes(endpoint, errorType));
      for (const [one, count] of counts) this.#sent?.add(count, this.#attributes(endpoint, one));
      if (span !== undefined) endSpan(span, errorType, failed);
      return true;
    };
    return {
      settled(messages, outcome) {
        const error = "error" in outcome ? outcome.error : undefined;
        const isStored = outcome.kind === "confirmed" || outcome.kind === "written";
        return settled(messages, isStored ? "" : (error?.code ?? UNANSWERED), error);
      },
      lost: (error) => void settled(left, error?.code ?? UNANSWERED, error),
    };
  }

  #startSpan(endpoint: Endpoint, batch: OutboundBatch): Span | undefined {
    return this.#tracer?.startSpan(this.#spanName, {
      kind: CLIENT,
      root: true,
      attributes: { ...this.#attributes(endpoint, ""), "messaging.batch.message_count": batch.length },
      links: linksOf(batch),
    });
  }

  /** The same object for the same values: a program has few. */
  #attributes(endpoint: Endpoint, errorType: string): Attributes {
    const key = `${endpoint.label} ${errorType}`;
    let attributes = this.#kept.get(key);
    if (attributes === undefined) {
      const error = errorType === "" ? {} : { "error.type": errorType };
      attributes = { ...this.#place, ...serverAttributes(endpoint), ...error };
      this.#kept.set(key, attributes);
    }
    return attributes;
  }
}

/** The spans in which the events of a batch were emitted, each once. */
function linksOf(batch: OutboundBatch): { context: SpanContext }[] {
  const links = new Map<unknown, { context: SpanContext }>();
  for (const { headers } of batch) {
    if (links.size === MAX_LINKS) break;
    const { traceparent } = headers;
    if (traceparent === undefined || links.has(traceparent)) continue;
    const context = spanContextOf(traceparent);
    if (context !== undefined) links.set(traceparent, { context });
  }
  return [...links.values()];
}

function endSpan(span: Span, errorType: string, error: TransportError | undefined): void {
  if (errorType !== "") {
    span.setAttribute("error.type", errorType);
    span.setStatus({ code: ERROR, ...(error === undefined ? {} : { message: error.message }) });
  }
  span.end();
}
