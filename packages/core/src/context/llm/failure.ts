import { fieldAt, fieldOf, textAt } from "./fields.js";

/** The error that a chunk of a stream brings, where the stream then ends as if all was well. */
export function failureIn(chunk: unknown): { readonly error: unknown } | undefined {
  const type = textAt(chunk, "type");
  // AI SDK's; OpenAI's responses, of which one is the error itself.
  if (type === "error") return { error: fieldOf(chunk, "error") ?? chunk };
  if (type === "response.failed") return { error: fieldAt(chunk, "response.error") ?? chunk };
  return undefined;
}
