import { CallTable } from "../shared/call-table.js";
import { read, tagsOf, textOf } from "../shared/within.js";
import { framework } from "./current-span.js";

/** What Mastra reports about a span. */
interface TracingEvent {
  readonly type: string;
  readonly exportedSpan: { readonly id: string; readonly traceId: string; readonly type: string };
}

/** Spans that only add to another span. */
const notCalls: ReadonlySet<string> = new Set(["model_chunk"]);

const maxInputs = 10_000;

/**
 * Records the spans of Mastra: agents, workflows and their steps, model calls and tools.
 *
 * @example
 * new Observability({ configs: { default: { serviceName: "shop", exporters: [new StreamllExporter()] } } });
 */
export class StreamllExporter {
  readonly name = "streamll";
  readonly #calls = new CallTable(framework);
  /** The input of each step, which is that of its model call, whose own span does not have it. */
  readonly #inputs = new Map<string, unknown>();

  async exportTracingEvent(event: TracingEvent): Promise<void> {
    const { type, exportedSpan: span } = event;
    if (span.type === "model_chunk") return this.#chunk(type, span);
    if (span.type === "model_step") this.#keepInput(type, span);
    if (type === "span_started") this.#start(span);
    else if (type === "span_ended") this.#end(span);
  }

  /** Does nothing: events are emitted at once. */
  async flush(): Promise<void> {}

  async shutdown(): Promise<void> {}

  #start(span: TracingEvent["exportedSpan"]): void {
    if (notCalls.has(span.type) || read(span, "isEvent") === true) return;
    const attributes = read(span, "attributes");
    const input = read(span, "input");
    const toolCallId = textOf(attributes, "toolCallId");
    this.#calls.open(span.id, operationOf(span), {
      ...(span.type === "model_inference" && { kind: "llm" }),
      moduleName: moduleOf(span),
      parentId: this.#calls.get(textOf(span, "parentSpanId") ?? "")?.id,
      startedAt: dateOf(span, "startTime"),
      inputs: span.type === "model_inference" ? [modelRequest(attributes)] : given(input),
      ...(toolCallId !== undefined && { data: { tool_call_id: toolCallId } }),
      tags: tagsOf({ trace_id: span.traceId, span_id: span.id }),
      outlivesParent: textOf(span, "parentSpanId") === undefined,
    });
  }

  #end(span: TracingEvent["exportedSpan"]): void {
    const call = this.#calls.get(span.id);
    const step = textOf(span, "parentSpanId") ?? "";
    this.#inputs.delete(span.id);
    if (call === undefined) return;
    const attributes = read(span, "attributes");
    const at = dateOf(span, "endTime");
    const isModel = span.type === "model_inference";
    const messages = isModel ? this.#inputs.get(step) : undefined;
    const inputs = messages === undefined ? undefined : [{ messages }];
    const output = read(span, "output");
    if (isModel) {
      call.record({ model: textOf(attributes, "responseModel"), usage: usageOf(read(attributes, "usage")) });
      call.record({ finish_reason: textOf(attributes, "finishReason"), tool_calls: toolCallsOf(output) });
    }
    const error = read(span, "errorInfo");
    if (error !== undefined && error !== null) {
      const data = { error_type: textOf(error, "name") ?? "SpanError" };
      return call.fail({ message: textOf(error, "message") ?? "error" }, { at, inputs, data });
    }
    // Only the agent's span has the error itself.
    if (isModel && textOf(attributes, "finishReason") === "error")
      return call.fail(
        { message: "the model call failed" },
        { at, inputs, data: { error_type: "SpanError" } },
      );
    if (isAborted(span)) return call.cancel({ at, inputs });
    call.end(isModel ? textOf(output, "text") : output, { at, inputs });
  }

  #chunk(type: string, span: TracingEvent["exportedSpan"]): void {
    if (type !== "span_ended") return;
    const text = textOf(read(span, "output"), "text");
    if (text !== undefined && textOf(read(span, "attributes"), "chunkType") === "text")
      this.#calls.get(textOf(span, "parentSpanId") ?? "")?.token(text);
  }

  #keepInput(type: string, span: TracingEvent["exportedSpan"]): void {
    const input = read(span, "input");
    if (type === "span_ended" || input === undefined) return;
    this.#inputs.set(span.id, input);
    // Steps whose end is never reported must not fill the memory.
    if (this.#inputs.size > maxInputs) this.#inputs.delete(this.#inputs.keys().next().value as string);
  }
}

const given = (input: unknown): unknown[] | undefined => (input === undefined ? undefined : [input]);

/** A span named `agent run: 'librarian'` has the kind in its type and the name in its entity. */
function operationOf(span: TracingEvent["exportedSpan"]): string {
  const { type } = span;
  if (type === "model_inference") return "model";
  if (
    type === "agent_run" ||
    type === "tool_call" ||
    type === "mcp_tool_call" ||
    type.startsWith("workflow_")
  )
    return textOf(span, "entityId") ?? textOf(span, "entityName") ?? textOf(span, "name") ?? type;
  return type === "model_step" || type === "model_generation" ? type : (textOf(span, "name") ?? type);
}

function moduleOf(span: TracingEvent["exportedSpan"]): string {
  if (span.type === "model_inference") return textOf(read(span, "attributes"), "provider") ?? "mastra";
  if (span.type === "tool_call" || span.type === "mcp_tool_call") return "tool";
  if (span.type === "agent_run") return "agent";
  return span.type.startsWith("workflow_") ? "workflow" : "mastra";
}

const modelRequest = (attributes: unknown): object => ({
  model: textOf(attributes, "model"),
  parameters: read(attributes, "parameters"),
  tools: read(attributes, "availableTools"),
});

function dateOf(span: object, name: string): Date | number | undefined {
  const value = read(span, name);
  return typeof value === "string" ? Date.parse(value) : (value as Date | undefined);
}

function usageOf(usage: unknown): object {
  const input = read(usage, "inputDetails");
  return {
    input_tokens: read(usage, "inputTokens"),
    output_tokens: read(usage, "outputTokens"),
    cache_read_tokens: read(input, "cacheRead"),
    cache_write_tokens: read(input, "cacheWrite"),
    reasoning_tokens: read(read(usage, "outputDetails"), "reasoning"),
  };
}

function toolCallsOf(output: unknown): unknown {
  const calls = read(output, "toolCalls");
  return Array.isArray(calls) ? calls : [];
}

function isAborted(span: object): boolean {
  const reason = textOf(read(span, "attributes"), "finishReason");
  const status = textOf(read(span, "output"), "status");
  return reason === "abort" || reason === "aborted" || status === "aborted" || status === "canceled";
}
