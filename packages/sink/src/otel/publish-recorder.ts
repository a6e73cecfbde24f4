import {
  type Attributes,
  CLIENT_SPAN,
  type Counter,
  DURATION_BUCKETS,
  endSpan,
  type Histogram,
  MAX_LINKS,
  type Meter,
  OperationAttributes,
  type Span,
  type SpanContext,
  spanContextOf,
  type Tracer,
} from "@streamll/connection/internal";
import type { Endpoint, OutboundBatch, PublishOutcome, TransportError } from "@streamll/core";

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
  readonly #attributes: OperationAttributes;
  readonly #spanName: string;

  constructor(meter: Meter | undefined, tracer: Tracer | undefined, place: Attributes) {
    this.#tracer = tracer;
    this.#sent = meter?.createCounter("messaging.client.sent.messages", {
      description: "Messages that were handed to the broker; each attempt counts.",
      unit: "{message}",
    });
    this.#duration = meter?.createHistogram("messaging.client.operation.duration", {
      description: "From handing a batch to the broker to its last answer.",
      unit: "s",
      advice: { explicitBucketBoundaries: DURATION_BUCKETS },
    });
    const operation = { "messaging.operation.name": "publish", "messaging.operation.type": "send" };
    this.#attributes = new OperationAttributes({ ...place, ...operation });
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
      this.#duration?.record(
        (performance.now() - startedAt) / 1000,
        this.#attributes.of(endpoint, errorType),
      );
      for (const [one, count] of counts) this.#sent?.add(count, this.#attributes.of(endpoint, one));
      if (span !== undefined) endSpan(span, errorType, failed?.message);
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
      kind: CLIENT_SPAN,
      root: true,
      attributes: { ...this.#attributes.of(endpoint, ""), "messaging.batch.message_count": batch.length },
      links: linksOf(batch),
    });
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
