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

/** A handler of LangChain's callbacks, as `callbacks: [langchain()]` takes it. */
export interface LangChainHandler extends Readonly<Record<HandlerMethod, (...args: never[]) => void>> {
  readonly name: string;
  /** Else its events come after the end of the program. */
  readonly awaitHandlers: true;
}

/** What is run within a graph, and no step of it. */
const hiddenTag = "langsmith:hidden";

interface Run {
  readonly runId: string;
  readonly parentRunId: string | undefined;
  readonly tags: readonly string[] | undefined;
  readonly metadata: Metadata;
}

export const handlerName = "streamll";

/**
 * Makes events of LangChain.js and LangGraph: of runnables and nodes, of calls of models with their tokens, of tools and
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
      // Else the call that the program is in.
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
  /** A model of chat and one of text are told of alike, but for what they are asked. */
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

    // In the order of its arguments at run time, which is not that of its types.
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
      call.learn({ usage: read(read(output, "llmOutput"), "tokenUsage") });
      call.learn(generation);
      call.learn(message);
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

/** The class of what is run, by the path that LangChain serializes it under. */
function classOf(serialized: unknown): string | undefined {
  const path = read(serialized, "id");
  const last: unknown = Array.isArray(path) ? path.at(-1) : undefined;
  return typeof last === "string" ? last : textOf(serialized, "name");
}
