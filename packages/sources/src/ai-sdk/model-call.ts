import { type CallHandle, trace } from "@streamll/core";
import { read, textOf } from "../shared/within.js";

/** What of a request is shown: not its headers, which may hold keys. */
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
 * Runs a call of a model, whose result is an answer or holds a stream. The stream stays the very same, and the call ends
 * when it is read.
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
      call.learn(result);
      call.end(answerOf(content));
    }
    return result;
  });
}

/** What is told elsewhere: calls of tools as such, and what the model thinks not at all. */
const notOutputs: ReadonlySet<unknown> = new Set(["reasoning", "tool-call"]);

/** The text, where there is nothing but text. */
function answerOf(content: unknown): unknown {
  if (!Array.isArray(content)) return content;
  const parts = content.filter((part) => !notOutputs.has(read(part, "type")));
  if (parts.length === 0) return undefined;
  if (parts.some((part) => read(part, "type") !== "text")) return parts;
  return parts.map((part) => textOf(part, "text") ?? "").join("");
}
