import type { CallHandle } from "@streamll/core";
import { CallTable } from "../shared/call-table.js";
import { endCall, openingOf } from "./call.js";
import { framework, keyOf } from "./current-span.js";
import { type OtelSpan, parentSpanIdOf } from "./span.js";

export interface SpanProcessorOptions {
  /**
   * Which spans are recorded, asked when they begin. Those below one that is left out are below the one above it.
   * Default: all.
   */
  readonly filter?: ((span: OtelSpan) => boolean) | undefined;
}

/**
 * Makes events of the spans of OpenTelemetry: those of models with the attributes `gen_ai.*`, of OpenInference, and the
 * older names.
 *
 * @example
 * new NodeTracerProvider({ spanProcessors: [new StreamllSpanProcessor()] });
 */
export class StreamllSpanProcessor {
  readonly #filter: (span: OtelSpan) => boolean;
  readonly #calls = new CallTable(framework);

  constructor({ filter = () => true }: SpanProcessorOptions = {}) {
    this.#filter = filter;
  }

  onStart(span: OtelSpan): void {
    const { traceId, spanId } = span.spanContext();
    const parentKey = parentKeyOf(span);
    if (!this.#filter(span)) return this.#calls.leaveOut(keyOf(traceId, spanId), parentKey);
    const { operation, options, asked } = openingOf(span);
    const call = this.#calls.open(keyOf(traceId, spanId), operation, {
      ...options,
      parentId: this.#calls.around(parentKey)?.id,
    });
    if (asked) this.#asked.add(call);
  }

  /** Calls of which the inputs were known when they began. */
  readonly #asked = new WeakSet<CallHandle>();

  onEnd(span: OtelSpan): void {
    const { traceId, spanId } = span.spanContext();
    this.#calls.forget(keyOf(traceId, spanId));
    const call = this.#calls.get(keyOf(traceId, spanId));
    if (call === undefined) return;
    endCall(call, span, this.#asked.has(call));
  }

  /** Events wait for nothing. */
  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}

function parentKeyOf(span: OtelSpan): string | undefined {
  const spanId = parentSpanIdOf(span);
  return spanId === undefined ? undefined : keyOf(span.spanContext().traceId, spanId);
}
