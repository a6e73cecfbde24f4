import type { CallHandle } from "@streamll/core";
import { CallTable } from "../shared/call-table.js";
import { endCall, openingOf } from "./call.js";
import { framework, keyOf } from "./current-span.js";
import { type OtelSpan, parentSpanIdOf } from "./span.js";

export interface SpanProcessorOptions {
  /**
   * Decides, when a span starts, whether to record it. The children of a span that is left out are placed below its
   * parent. Default: all spans.
   */
  readonly filter?: ((span: OtelSpan) => boolean) | undefined;
}

/**
 * Records the spans of OpenTelemetry. Model calls are recognised by the attributes `gen_ai.*`, those of OpenInference,
 * and older names.
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
    const { operation, options, hasInputs } = openingOf(span);
    const call = this.#calls.open(keyOf(traceId, spanId), operation, {
      ...options,
      parentId: this.#calls.around(parentKey)?.id,
    });
    if (hasInputs) this.#withInputs.add(call);
  }

  /** Calls whose inputs were known when they began. */
  readonly #withInputs = new WeakSet<CallHandle>();

  onEnd(span: OtelSpan): void {
    const { traceId, spanId } = span.spanContext();
    this.#calls.forget(keyOf(traceId, spanId));
    const call = this.#calls.get(keyOf(traceId, spanId));
    if (call === undefined) return;
    endCall(call, span, this.#withInputs.has(call));
  }

  /** Does nothing: events are emitted at once. */
  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}

function parentKeyOf(span: OtelSpan): string | undefined {
  const spanId = parentSpanIdOf(span);
  return spanId === undefined ? undefined : keyOf(span.spanContext().traceId, spanId);
}
