import type { CallHandle } from "@streamll/core";
import { CallTable } from "../shared/call-table.js";
import { read, tagsOf, textOf, within } from "../shared/within.js";
import { recordModelCall, requestOf } from "./model-call.js";
import { recordTool } from "./tool.js";

/** What AI SDK 7 reports about an operation. */
interface OperationEvent {
  readonly callId: string;
}

interface ModelCall<T> extends OperationEvent {
  readonly execute: () => PromiseLike<T>;
}

interface ToolExecution<T> extends ModelCall<T> {
  readonly toolCallId: string;
}

/** A telemetry integration for `registerTelemetry` of AI SDK 7. */
export interface AiSdkTelemetry {
  onStart(event: OperationEvent): void;
  onEmbedStart(event: OperationEvent): void;
  onEmbedEnd(event: OperationEvent): void;
  onRerankStart(event: OperationEvent): void;
  onRerankEnd(event: OperationEvent): void;
  executeLanguageModelCall<T>(call: ModelCall<T>): PromiseLike<T>;
  executeTool<T>(execution: ToolExecution<T>): PromiseLike<T>;
  onToolExecutionEnd(event: OperationEvent): void;
  onEnd(event: OperationEvent): void;
  onAbort(event: OperationEvent): void;
  onError(event: unknown): void;
}

/**
 * Records all operations of AI SDK 7 (`generateText`, `streamText`, agents, objects, embeddings), and below each its
 * model calls, one per attempt, and its tool calls.
 *
 * @example
 * import { registerTelemetry } from "ai";
 * registerTelemetry(aiSdk());
 */
export function aiSdk(): AiSdkTelemetry {
  const operations = new CallTable();
  const tools = new CallTable();
  const models = new CallTable();

  const openModel = (event: OperationEvent, operation: string) => {
    const { callId } = event;
    within(operations.get(callId), () =>
      models.open(modelKeyOf(event), operation, {
        kind: "llm",
        moduleName: textOf(event, "provider"),
        inputs: [{ model: textOf(event, "modelId"), ...valuesOf(event) }],
      }),
    );
  };
  const endModel = (event: OperationEvent) => {
    const call = models.get(modelKeyOf(event));
    const usage = read(event, "usage");
    // All tokens of an embedding are input tokens.
    const tokens = read(usage, "tokens");
    call?.record(typeof tokens === "number" ? { usage: { input_tokens: tokens } } : { usage });
    call?.end(read(event, "embeddings") ?? read(event, "ranking"));
  };

  return {
    onStart(event) {
      const operation = (textOf(event, "operationId") ?? "operation").replace(/^ai\./, "");
      operations.open(event.callId, operation, {
        moduleName: textOf(event, "functionId") ?? "ai",
        inputs: [{ ...requestOf(event), ...valuesOf(event) }],
        tags: tagsOf({ call_id: event.callId }),
        // The program may still read the stream after the call that it began in has ended.
        outlivesParent: true,
      });
    },

    executeLanguageModelCall({ callId, execute, ...event }) {
      const operation = operations.get(callId);
      return within(operation, () =>
        recordModelCall(event, execute, (call) => endWithReader(operation, call)),
      );
    },

    executeTool({ callId, toolCallId, execute, ...event }) {
      const toolCall = read(event, "toolCall");
      const open = () =>
        tools.open(`${callId} ${toolCallId}`, textOf(toolCall, "toolName") ?? "tool", {
          moduleName: "tool",
          inputs: [read(toolCall, "input")],
          data: { tool_call_id: toolCallId },
        });
      return recordTool(within(operations.get(callId), open), execute);
    },

    onToolExecutionEnd(event) {
      const output = read(event, "toolOutput");
      const call = tools.get(`${event.callId} ${textOf(output, "toolCallId")}`);
      if (read(output, "type") === "tool-error") call?.fail(read(output, "error"));
      else call?.end(read(output, "output"));
    },

    onEmbedStart: (event) => openModel(event, "embed"),
    onEmbedEnd: endModel,
    onRerankStart: (event) => openModel(event, "rerank"),
    onRerankEnd: endModel,

    onEnd(event) {
      const operation = operations.get(event.callId);
      operation?.record({ finish_reason: read(event, "finishReason") });
      operation?.end(outputsOf(event));
    },
    onAbort(event) {
      operations.get(event.callId)?.cancel();
    },
    onError(event) {
      const operation = operations.get(textOf(event, "callId") ?? "");
      operation?.fail(read(event, "error"));
    },
  };
}

/** Cancels the operation when its reader breaks off, which the SDK does not report. */
function endWithReader(operation: CallHandle | undefined, model: CallHandle): void {
  model.onEnd((how) => {
    // By then the SDK has reported an abort or an error.
    if (how === "cancelled" && operation?.isOpen) setImmediate(() => operation.cancel());
  });
}

/** An operation may make several model calls for its embeddings. */
const modelKeyOf = (event: OperationEvent): string =>
  textOf(event, "embedCallId") ?? textOf(event, "rerankCallId") ?? event.callId;

function valuesOf(event: object): object {
  const names = ["values", "value", "documents", "query", "text"];
  return Object.fromEntries(
    names.map((name) => [name, read(event, name)]).filter(([, value]) => value !== undefined),
  );
}

function outputsOf(event: unknown): unknown {
  const names = ["output", "object", "text", "embeddings", "embedding", "ranking", "transcript"];
  return names.map((name) => read(event, name)).find((value) => value !== undefined && value !== "");
}
