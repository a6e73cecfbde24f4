import type { CallHandle } from "@streamll/core";
import { CallTable } from "../shared/call-table.js";
import { read, textOf } from "../shared/within.js";
import {
  attributeOf,
  epochMsOf,
  finishReasonOf,
  inputsOf,
  isModelCall,
  modelOf,
  type OtelSpan,
  outputsOf,
  textAttribute,
  toolCallsOf,
  usageOf,
} from "./span.js";

export interface SpanProcessorOptions {
  /**
   * Which spans are recorded, asked when they begin. Those below one that is left out are below the one above it.
   * Default: all.
   */
  readonly filter?: ((span: OtelSpan) => boolean) | undefined;
}

const failed = 2;
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
    const isModel = isModelCall(span);
    const asked = inputsOf(span);
    const model = modelOf(span);
    const toolCallId = textAttribute(span, "gen_ai.tool.call.id", "tool_call.id", "ai.toolCall.id");
    const parent = this.#parent(parentKey);
    const call = this.#calls.open(keyOf(traceId, spanId), operationOf(span), {
      ...(isModel && { kind: "llm" }),
      moduleName: moduleOf(span),
      parentId: parent?.id,
      startedAt: epochMsOf(span.startTime),
      inputs: isModel && model !== undefined ? [{ model, ...(asked && { messages: asked[0] }) }] : asked,
      ...(toolCallId !== undefined && { data: { tool_call_id: toolCallId } }),
      tags: { trace_id: traceId, span_id: spanId },
      // Spans may end after the one around them.
      outlivesParent: true,
    });
    if (asked !== undefined) this.#asked.add(call);
  }

  /** Calls of which the inputs were known when they began. */
  readonly #asked = new WeakSet<CallHandle>();

  onEnd(span: OtelSpan): void {
    const { traceId, spanId } = span.spanContext();
    this.#leftOut.delete(keyOf(traceId, spanId));
    const call = this.#calls.get(keyOf(traceId, spanId));
    if (call === undefined) return;
    const outputs = outputsOf(span);
    if (isModelCall(span)) {
      call.learn({ model: modelOf(span), usage: usageOf(span), finish_reason: finishReasonOf(span) });
      call.learn({ content: toolCallsOf(outputs) });
    }
    const at = epochMsOf(span.endTime);
    const inputs = this.#asked.has(call) ? undefined : inputsOf(span);
    const exception = span.events.findLast(({ name }) => name === "exception")?.attributes;
    if (span.status.code !== failed && exception === undefined) return call.end(outputs, { at, inputs });
    const message = textOf(exception, "exception.message") ?? span.status.message ?? "the span failed";
    const traceback = textOf(exception, "exception.stacktrace");
    const type = textOf(exception, "exception.type") ?? textAttribute(span, "error.type") ?? "SpanError";
    call.fail({ message }, { at, inputs, data: { error_type: type, ...(traceback && { traceback }) } });
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

/** `parentSpanContext` since version 2 of the SDK, `parentSpanId` before. */
function parentKeyOf(span: OtelSpan): string | undefined {
  const spanId = textOf(read(span, "parentSpanContext"), "spanId") ?? textOf(span, "parentSpanId");
  return spanId === undefined ? undefined : keyOf(span.spanContext().traceId, spanId);
}

function operationOf(span: OtelSpan): string {
  const tool = textAttribute(span, "gen_ai.tool.name", "tool.name", "ai.toolCall.name");
  return tool ?? textAttribute(span, "gen_ai.operation.name") ?? span.name;
}

function moduleOf(span: OtelSpan): string {
  if (attributeOf(span, "gen_ai.tool.name", "tool.name", "ai.toolCall.name") !== undefined) return "tool";
  const provider = textAttribute(span, "gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system");
  const scope = read(span, "instrumentationScope") ?? read(span, "instrumentationLibrary");
  return provider ?? textAttribute(span, "ai.model.provider") ?? textOf(scope, "name") ?? "otel";
}
