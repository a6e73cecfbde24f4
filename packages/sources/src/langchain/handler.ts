import type { openCall } from "@streamll/core";
import { CallTable } from "../shared/call-table.js";
import { read, tagsOf, textOf } from "../shared/within.js";
import { framework } from "./current-run.js";
import { answerIn, messagesOf, shown, toolOutputOf } from "./messages.js";

type Metadata = Readonly<Record<string, unknown>> | undefined;

type Runs = "Chain" | "LLM" | "Tool" | "Retriever";

type HandlerMethod =
  | `handle${Runs}${"Start" | "End" | "Error"}`
  | "handleChatModelStart"
  | "handleLLMNewToken";

/** A callback handler of LangChain, for `callbacks: [langchain()]`. */
export interface LangChainHandler extends Readonly<Record<HandlerMethod, (...args: never[]) => void>> {
  readonly name: string;
  /** Without it, callbacks would run late, even after the program's own call has ended. */
  readonly awaitHandlers: true;
}

/** The tag of runs that are internal to a graph and no step of it. */
const hiddenTag = "langsmith:hidden";

interface Run {
  readonly runId: string;
  readonly parentRunId: string | undefined;
  readonly tags: readonly string[] | undefined;
  readonly metadata: Metadata;
}

export const handlerName = "streamll";

/**
 * Records the runs of LangChain.js and LangGraph: runnables and nodes, model calls with their tokens, tools and
 * retrievers.
 *
 * @example
 * await chain.invoke(input, { callbacks: [langchain()] });
 */
export function langchain(): LangChainHandler {
  const calls = new CallTable(framework);

  const open = (run: Run, operation: string, options: Parameters<typeof openCall>[1]) => {
    const { runId, parentRunId, metadata } = run;
    const parent = calls.around(parentRunId);
    calls.open(runId, operation, {
      ...options,
      // Without a parent the run is placed below the call that the program is in.
      parentId: parent?.id,
      tags: tagsOf({ run_id: runId, thread_id: textOf(metadata, "thread_id") }),
      outlivesParent: parent === undefined && parentRunId !== undefined,
    });
  };
  const fail = (error: unknown, runId: string) => {
    calls.forget(runId);
    const call = calls.get(runId);
    const name = textOf(error, "name");
    if (name === "AbortError") call?.cancel();
    else if (name === "GraphInterrupt" || name === "NodeInterrupt")
      call?.cancel({ data: { interrupted: true } });
    else call?.fail(error);
  };
  /** Chat models and text models report the same arguments except for the input. */
  const modelStart =
    <Asked>(inputsOf: (asked: Asked) => Parameters<typeof modelOptions>[3]) =>
    (
      model: unknown,
      asked: Asked,
      runId: string,
      parentRunId: string | undefined,
      extra: unknown,
      tags: string[] | undefined,
      metadata: Metadata,
      runName: string | undefined,
    ) => {
      const run = { runId, parentRunId, tags, metadata };
      open(run, runName ?? classOf(model) ?? "model", modelOptions(run, model, extra, inputsOf(asked)));
    };

  return {
    name: handlerName,
    awaitHandlers: true,

    // The arguments are in their order at run time, which differs from the order in LangChain's types.
    handleChainStart(
      chain: unknown,
      inputs: unknown,
      runId: string,
      parentRunId: string | undefined,
      tags: string[] | undefined,
      metadata: Metadata,
      _runType: unknown,
      runName: string | undefined,
    ) {
      if (tags?.includes(hiddenTag)) return calls.leaveOut(runId, parentRunId);
      const operation = runName ?? textOf(metadata, "langgraph_node") ?? classOf(chain) ?? "chain";
      const moduleName = classOf(chain) ?? "langchain";
      open({ runId, parentRunId, tags, metadata }, operation, { moduleName, inputs: [shown(inputs)] });
    },
    handleChainEnd(outputs: unknown, runId: string) {
      calls.forget(runId);
      calls.get(runId)?.end(shown(outputs));
    },
    handleChainError: fail,

    handleChatModelStart: modelStart((messages: unknown[][]) => messagesOf(messages)),
    handleLLMStart: modelStart((prompts: string[]) => ({ prompts })),
    handleLLMNewToken(token: string, _index: unknown, runId: string) {
      calls.get(runId)?.token(token);
    },
    handleLLMEnd(output: unknown, runId: string) {
      const call = calls.get(runId);
      if (call === undefined) return;
      const { message, generation, text } = answerIn(output);
      call.record({ usage: read(read(output, "llmOutput"), "tokenUsage") });
      call.record(generation);
      call.record(message);
      call.end(text);
    },
    handleLLMError: fail,

    handleToolStart(
      tool: unknown,
      input: unknown,
      runId: string,
      parentRunId: string | undefined,
      tags: string[] | undefined,
      metadata: Metadata,
      runName: string | undefined,
      toolCallId: string | undefined,
    ) {
      open(
        { runId, parentRunId, tags, metadata },
        runName ?? textOf(tool, "name") ?? classOf(tool) ?? "tool",
        {
          moduleName: "tool",
          inputs: [input],
          ...(toolCallId !== undefined && { data: { tool_call_id: toolCallId } }),
        },
      );
    },
    handleToolEnd(output: unknown, runId: string) {
      const { outputs, toolCallId } = toolOutputOf(output);
      calls
        .get(runId)
        ?.end(outputs, toolCallId === undefined ? undefined : { data: { tool_call_id: toolCallId } });
    },
    handleToolError: fail,

    handleRetrieverStart(
      retriever: unknown,
      query: string,
      runId: string,
      parentRunId: string | undefined,
      tags: string[] | undefined,
      metadata: Metadata,
      runName: string | undefined,
    ) {
      open({ runId, parentRunId, tags, metadata }, runName ?? classOf(retriever) ?? "retriever", {
        moduleName: "retriever",
        inputs: [query],
      });
    },
    handleRetrieverEnd(documents: unknown, runId: string) {
      calls.get(runId)?.end(documents);
    },
    handleRetrieverError: fail,
  };
}

function modelOptions({ metadata }: Run, model: unknown, extra: unknown, request: object) {
  const parameters = read(extra, "invocation_params");
  const asked =
    textOf(metadata, "ls_model_name") ?? textOf(parameters, "model") ?? textOf(parameters, "modelName");
  return {
    kind: "llm",
    moduleName: textOf(metadata, "ls_provider") ?? classOf(model),
    inputs: [{ ...(asked !== undefined && { model: asked }), ...request }],
  } as const;
}

/** The class name of a runnable, from the path that LangChain serializes it under. */
function classOf(serialized: unknown): string | undefined {
  const path = read(serialized, "id");
  const last: unknown = Array.isArray(path) ? path.at(-1) : undefined;
  return typeof last === "string" ? last : textOf(serialized, "name");
}
