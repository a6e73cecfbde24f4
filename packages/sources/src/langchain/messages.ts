import { isPlainObject } from "@streamll/core/internal";
import { read, textOf } from "../shared/within.js";

/** The messages of the first prompt in the providers' format: LangChain's own format is three times as long. */
export function messagesOf(prompts: readonly (readonly unknown[])[]): object {
  return { messages: (prompts[0] ?? []).map(messageOf) };
}

const maxItems = 1000;

/** Inputs or outputs of a runnable with messages in that format, even in the lists and fields of a state. */
export function shown(value: unknown, depth = 0): unknown {
  if (typeof value !== "object" || value === null || depth > 2) return value;
  if (Array.isArray(value)) {
    return value.slice(-maxItems).map((item) => shown(item, depth + 1));
  }
  if ("lc_namespace" in value) return textOf(value, "type") === undefined ? value : messageOf(value);
  if (!isPlainObject(value)) return value;
  const fields = Object.entries(value);
  // LangChain wraps a value that is no object in an object with one field.
  const [only] = fields;
  if (depth === 0 && fields.length === 1 && only !== undefined && /^(input|output)$/.test(only[0]))
    return shown(only[1], depth + 1);
  return Object.fromEntries(fields.map(([name, field]) => [name, shown(field, depth + 1)]));
}

function messageOf(message: unknown): unknown {
  const shown = {
    role: textOf(message, "type") ?? textOf(message, "role"),
    content: read(message, "content"),
    name: textOf(message, "name"),
    tool_calls: nonEmpty(read(message, "tool_calls")),
    tool_call_id: textOf(message, "tool_call_id"),
  };
  const fields = Object.entries(shown).filter(([, value]) => value !== undefined);
  return fields.length === 0 ? message : Object.fromEntries(fields);
}

const nonEmpty = (list: unknown): unknown => (Array.isArray(list) && list.length > 0 ? list : undefined);

/** A model's answer: the first generation of the first prompt. */
export function answerIn(output: unknown): {
  readonly message: unknown;
  readonly generation: unknown;
  readonly text: unknown;
} {
  const prompts = read(output, "generations");
  const generations: unknown = Array.isArray(prompts) ? prompts[0] : undefined;
  const generation: unknown = Array.isArray(generations) ? generations[0] : undefined;
  const message = read(generation, "message");
  const text = textOf(generation, "text") ?? contentOf(message);
  return { message, generation, text };
}

function contentOf(message: unknown): unknown {
  const content = read(message, "content");
  return content === "" || (Array.isArray(content) && content.length === 0) ? undefined : content;
}

/** The output of a tool. A tool that a model called returns a message for the model. */
export function toolOutputOf(output: unknown): {
  readonly outputs: unknown;
  readonly toolCallId: string | undefined;
} {
  const toolCallId = textOf(output, "tool_call_id");
  return toolCallId === undefined
    ? { outputs: output, toolCallId }
    : { outputs: read(output, "content"), toolCallId };
}
