import { fieldAt, fieldOf, textAt } from "./fields.js";

/** The error in a chunk of a stream that then ends without throwing. */
export function failureIn(chunk: unknown): { readonly error: unknown } | undefined {
  const type = textAt(chunk, "type");
  // AI SDK's chunk holds the error; one of OpenAI's Responses API is the error itself.
  if (type === "error") return { error: fieldOf(chunk, "error") ?? chunk };
  if (type === "response.failed") return { error: fieldAt(chunk, "response.error") ?? chunk };
  return undefined;
}
