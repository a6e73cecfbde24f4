import { fieldAt, itemsAt, textAt } from "./fields.js";

/** Where the chunks of the common clients hold the next piece of text. */
const paths = [
  // OpenAI's chat and completions; Anthropic.
  "choices.0.delta.content",
  "choices.0.text",
  "delta.text",
  // Google and AI SDK.
  "text",
  "textDelta",
  // Mistral, Cohere, Bedrock, Ax.
  "data.choices.0.delta.content",
  "delta.message.content.text",
  "contentBlockDelta.delta.text",
  "results.0.content",
];

/** Paths for model calls only, as chunks of other calls may have such fields with other meanings. LangChain, Ollama. */
const pathsOfModels = ["content", "message.content", "response"];

/** Lists of parts, of which only the text parts count. Google; Mistral; LangChain. */
const lists = ["candidates.0.content.parts", "choices.0.delta.content", "data.choices.0.delta.content"];

/**
 * The text in a chunk of a stream, in the formats of the common clients.
 *
 * @param isModels Whether the chunk comes from a model call, and not from any other function.
 */
export function textOfChunk(chunk: unknown, isModels: boolean): string | undefined {
  if (typeof chunk === "string") return chunk;
  const type = textAt(chunk, "type");
  if (type === "response.output_text.delta") return textAt(chunk, "delta");
  if (type !== undefined && isNoNews(type)) return undefined;
  // AI SDK's providers.
  if (type === "text-delta")
    return textAt(chunk, "delta") ?? textAt(chunk, "text") ?? textAt(chunk, "textDelta");
  for (const path of isModels ? [...paths, ...pathsOfModels] : paths) {
    const text = textAt(chunk, path);
    if (text !== undefined) return text;
  }
  for (const path of isModels ? [...lists, "content"] : lists.slice(0, 1)) {
    const text = textOfParts(itemsAt(chunk, path));
    if (text !== undefined) return text;
  }
  return undefined;
}

/** Chunks that repeat earlier text, and the model's reasoning, which is not its answer. */
const isNoNews = (type: string): boolean =>
  type.startsWith("response.") || /reasoning|thinking/.test(type) || /[.-](?:done|start|end)$/.test(type);

function textOfParts(parts: readonly unknown[]): string | undefined {
  const texts = parts
    .filter((part) => (textAt(part, "type") ?? "text") === "text" && fieldAt(part, "thought") !== true)
    .map((part) => textAt(part, "text"))
    .filter((text) => text !== undefined);
  return texts.length === 0 ? undefined : texts.join("");
}
