import {
  type Attributes,
  CONSUMER_SPAN,
  type Counter,
  DURATION_BUCKETS,
  endSpan,
  type Histogram,
  type Meter,
  OperationAttributes,
  type Span,
  spanContextOf,
  type Tracer,
} from "@streamll/connection/internal";
import type { Delivery, Endpoint } from "@streamll/core";
import { inTraceOf } from "../trace-context.js";

/** One try of a handler. */
export interface ProcessOperation {
  /** That of the try, below which the handler runs. */
  readonly span: Span | undefined;
  /** @param code of the error; `""` for none. */
  ended(code: string): void;
}

export interface ProcessRecorderSetup {
  readonly meter: Meter | undefined;
  readonly tracer: Tracer | undefined;
  readonly place: Attributes;
  /** Whether spans are below that of the program that published the message. */
  readonly continues: boolean;
}

/** Records the metrics and spans of handlers, by the semantic conventions for messaging. */
export class ProcessRecorder {
  readonly #tracer: Tracer | undefined;
  readonly #consumed: Counter | undefined;
  readonly #duration: Histogram | undefined;
  readonly #attributes: OperationAttributes;
  readonly #spanName: string;
  readonly #continues: boolean;

  constructor({ meter, tracer, place, continues }: ProcessRecorderSetup) {
    this.#tracer = tracer;
    this.#continues = continues;
    this.#consumed = meter?.createCounter("messaging.client.consumed.messages", {
      description: "Messages that were handed to a handler; each try counts.",
      unit: "{message}",
    });
    this.#duration = meter?.createHistogram("messaging.process.duration", {
      description: "From handing a message to its handler to the end of the try.",
      unit: "s",
      advice: { explicitBucketBoundaries: DURATION_BUCKETS },
    });
    const operation = { "messaging.operation.name": "process", "messaging.operation.type": "process" };
    this.#attributes = new OperationAttributes({ ...place, ...operation });
    this.#spanName = `process ${place["messaging.destination.name"]}`;
  }

  begin(endpoint: Endpoint, message: Delivery): ProcessOperation {
    const startedAt = performance.now();
    const span = this.#startSpan(endpoint, message);
    let isOpen = true;
    return {
      span,
      ended: (code) => {
        if (!isOpen) return;
        isOpen = false;
        const attributes = this.#attributes.of(endpoint, code);
        this.#duration?.record((performance.now() - startedAt) / 1000, attributes);
        this.#consumed?.add(1, attributes);
        if (span !== undefined) endSpan(span, code);
      },
    };
  }

  #startSpan(endpoint: Endpoint, message: Delivery): Span | undefined {
    const tracer = this.#tracer;
    if (tracer === undefined) return undefined;
    const { headers, messageId, correlationId } = message;
    const publisher = spanContextOf(headers.traceparent, headers.tracestate);
    const isBelow = this.#continues && publisher !== undefined;
    const start = () =>
      tracer.startSpan(this.#spanName, {
        kind: CONSUMER_SPAN,
        root: !isBelow,
        attributes: {
          ...this.#attributes.of(endpoint, ""),
          ...(messageId === undefined ? {} : { "messaging.message.id": messageId }),
          ...(correlationId === undefined ? {} : { "messaging.message.conversation_id": correlationId }),
        },
        links: publisher === undefined ? [] : [{ context: publisher }],
      });
    return isBelow ? inTraceOf(headers, start) : start();
  }
}
