import type { CallHandle, OpenCallOptions } from "@streamll/core";
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

const failed = 2;

/** How to open the call of a span, except for its place in the tree. */
export interface Opening {
  readonly operation: string;
  readonly options: OpenCallOptions;
  /** Whether the inputs are known already. */
  readonly hasInputs: boolean;
}

export function openingOf(span: OtelSpan): Opening {
  const { traceId, spanId } = span.spanContext();
  const isModel = isModelCall(span);
  const inputs = inputsOf(span);
  const model = modelOf(span);
  const toolCallId = textAttribute(span, "gen_ai.tool.call.id", "tool_call.id", "ai.toolCall.id");
  const options: OpenCallOptions = {
    ...(isModel && { kind: "llm" }),
    moduleName: moduleOf(span),
    startedAt: epochMsOf(span.startTime),
    inputs: isModel && model !== undefined ? [{ model, ...(inputs && { messages: inputs[0] }) }] : inputs,
    ...(toolCallId !== undefined && { data: { tool_call_id: toolCallId } }),
    tags: { trace_id: traceId, span_id: spanId },
    // A span may end after its parent.
    outlivesParent: true,
  };
  return { operation: operationOf(span), options, hasInputs: inputs !== undefined };
}

/** @param hasInputs Whether the `start` had the inputs. */
export function endCall(call: CallHandle, span: OtelSpan, hasInputs: boolean): void {
  const outputs = outputsOf(span);
  if (isModelCall(span)) {
    call.record({ model: modelOf(span), usage: usageOf(span), finish_reason: finishReasonOf(span) });
    call.record({ content: toolCallsOf(outputs) });
  }
  const at = epochMsOf(span.endTime);
  const inputs = hasInputs ? undefined : inputsOf(span);
  const exception = span.events.findLast(({ name }) => name === "exception")?.attributes;
  if (span.status.code !== failed && exception === undefined) return call.end(outputs, { at, inputs });
  const message = textOf(exception, "exception.message") ?? span.status.message ?? "the span failed";
  const traceback = textOf(exception, "exception.stacktrace");
  const type = textOf(exception, "exception.type") ?? textAttribute(span, "error.type") ?? "SpanError";
  call.fail({ message }, { at, inputs, data: { error_type: type, ...(traceback && { traceback }) } });
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
