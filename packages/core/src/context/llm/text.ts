import { fieldAt, itemsAt, textAt } from "./fields.js";

/** Where the chunks of the common clients hold the next piece of the text. */
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

/** Of a call of a model alone: the chunks of others may have such fields and more. LangChain, Ollama. */
const pathsOfModels = ["content", "message.content", "response"];

/** Lists of parts, of which those of text count. Google; Mistral; LangChain. */
const lists = ["candidates.0.content.parts", "choices.0.delta.content", "data.choices.0.delta.content"];

/**
 * The text that a chunk of a model's stream brings, in the forms of the common clients.
 *
 * @param isModels Whether the chunk is a model's, and not that of any function.
 */
export function textOfChunk(chunk: unknown, isModels: boolean): string | undefined {
  if (typeof chunk === "string") return chunk;
  const type = textAt(chunk, "type");
  if (type === "response.output_text.delta") return textAt(chunk, "delta");
  if (type !== undefined && isNoNews(type)) return undefined;
  // AI SDK's, from its providers.
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

/** What repeats the text that came before, and what the model thinks, which is not its answer. */
const isNoNews = (type: string): boolean =>
  type.startsWith("response.") || /reasoning|thinking/.test(type) || /[.-](?:done|start|end)$/.test(type);

function textOfParts(parts: readonly unknown[]): string | undefined {
  const texts = parts
    .filter((part) => (textAt(part, "type") ?? "text") === "text" && fieldAt(part, "thought") !== true)
    .map((part) => textAt(part, "text"))
    .filter((text) => text !== undefined);
  return texts.length === 0 ? undefined : texts.join("");
}
