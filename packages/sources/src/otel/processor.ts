import type { CallHandle } from "@streamll/core";
import { CallTable } from "../shared/call-table.js";
import { endCall, openingOf } from "./call.js";
import { type OtelSpan, parentSpanIdOf } from "./span.js";

export interface SpanProcessorOptions {
  /**
   * Which spans are recorded, asked when they begin. Those below one that is left out are below the one above it.
   * Default: all.
   */
  readonly filter?: ((span: OtelSpan) => boolean) | undefined;
}

const mostLeftOut = 10_000;

/**
 * Makes events of the spans of OpenTelemetry: those of models with the attributes `gen_ai.*`, of OpenInference, and the
 * older names.
 *
 * @example
 * new NodeTracerProvider({ spanProcessors: [new StreamllSpanProcessor()] });
 */
export class StreamllSpanProcessor {
  readonly #filter: (span: OtelSpan) => boolean;
  readonly #calls = new CallTable<string>();
  /** The parents of spans that are left out. */
  readonly #leftOut = new Map<string, string | undefined>();

  constructor({ filter = () => true }: SpanProcessorOptions = {}) {
    this.#filter = filter;
  }

  onStart(span: OtelSpan): void {
    const { traceId, spanId } = span.spanContext();
    const parentKey = parentKeyOf(span);
    if (!this.#filter(span)) {
      this.#leftOut.set(keyOf(traceId, spanId), parentKey);
      if (this.#leftOut.size > mostLeftOut) this.#leftOut.delete(this.#leftOut.keys().next().value as string);
      return;
    }
    const { operation, options, asked } = openingOf(span);
    const call = this.#calls.open(keyOf(traceId, spanId), operation, {
      ...options,
      parentId: this.#parent(parentKey)?.id,
    });
    if (asked) this.#asked.add(call);
  }

  /** Calls of which the inputs were known when they began. */
  readonly #asked = new WeakSet<CallHandle>();

  onEnd(span: OtelSpan): void {
    const { traceId, spanId } = span.spanContext();
    this.#leftOut.delete(keyOf(traceId, spanId));
    const call = this.#calls.get(keyOf(traceId, spanId));
    if (call === undefined) return;
    endCall(call, span, this.#asked.has(call));
  }

  /** Events wait for nothing. */
  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}

  #parent(key: string | undefined): CallHandle | undefined {
    let at = key;
    for (let depth = 0; at !== undefined && this.#leftOut.has(at) && depth < 100; depth++)
      at = this.#leftOut.get(at);
    return at === undefined ? undefined : this.#calls.get(at);
  }
}

const keyOf = (traceId: string, spanId: string): string => `${traceId} ${spanId}`;

function parentKeyOf(span: OtelSpan): string | undefined {
  const spanId = parentSpanIdOf(span);
  return spanId === undefined ? undefined : keyOf(span.spanContext().traceId, spanId);
}
