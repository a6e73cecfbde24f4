import { type CallHandle, trace } from "@streamll/core";
import { read, textOf } from "../shared/within.js";

/** The parts of a request that events show. Headers are left out, as they may contain keys. */
export function requestOf(event: object): object {
  const tools = read(event, "tools");
  const shown = {
    model: textOf(event, "modelId"),
    instructions: read(event, "instructions") ?? read(event, "system"),
    prompt: read(event, "prompt"),
    messages: read(event, "messages"),
    tools: namesOf(tools),
  };
  return Object.fromEntries(Object.entries(shown).filter(([, value]) => value !== undefined));
}

function namesOf(tools: unknown): string[] | undefined {
  if (Array.isArray(tools)) return tools.flatMap((tool) => textOf(tool, "name") ?? []);
  return typeof tools === "object" && tools !== null ? Object.keys(tools) : undefined;
}

/**
 * Runs a model call that returns an answer or an object with a stream. The stream keeps its identity, and the call ends
 * when the program has read it.
 */
export function recordModelCall<T>(
  request: object,
  execute: () => PromiseLike<T>,
  opened: (call: CallHandle) => void = () => {},
): Promise<T> {
  const options = {
    kind: "llm",
    moduleName: textOf(request, "provider"),
    inputs: [requestOf(request)],
  } as const;
  return trace("languageModelCall", options, async (call) => {
    opened(call);
    const result = await execute();
    const content = read(result, "content");
    if (content !== undefined) {
      call.record(result);
      call.end(answerOf(content));
    }
    return result;
  });
}

/** Parts that are no outputs: tool calls have a field of their own, and reasoning is not recorded. */
const notOutputs: ReadonlySet<unknown> = new Set(["reasoning", "tool-call"]);

/** The text, if all parts are text; else the parts. */
function answerOf(content: unknown): unknown {
  if (!Array.isArray(content)) return content;
  const parts = content.filter((part) => !notOutputs.has(read(part, "type")));
  if (parts.length === 0) return undefined;
  if (parts.some((part) => read(part, "type") !== "text")) return parts;
  return parts.map((part) => textOf(part, "text") ?? "").join("");
}
