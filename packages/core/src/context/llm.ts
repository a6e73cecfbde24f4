import { ownData } from "../fields.js";

/** What a call of a model cost, under one set of names whoever the provider is. */
export interface Usage {
  input_tokens?: number;
  output_tokens?: number;
  total_tokens?: number;
}

/** Anthropic's and OpenAI's responses, OpenAI's chat, Google's, AI SDK's. */
const aliases: Readonly<Record<keyof Usage, readonly string[]>> = {
  input_tokens: ["input_tokens", "prompt_tokens", "promptTokenCount", "inputTokens", "promptTokens"],
  output_tokens: [
    "output_tokens",
    "completion_tokens",
    "candidatesTokenCount",
    "outputTokens",
    "completionTokens",
  ],
  total_tokens: ["total_tokens", "totalTokenCount", "totalTokens"],
};

/** Longer is no name of a model. */
const longestModel = 200;
const mostParts = 1000;

/** The model that a request asks for, or that gave a result or a chunk of a stream. */
export function modelOf(answer: unknown): string | undefined {
  return partsOf(answer)
    .map((part) => textIn(part, "model") ?? textIn(part, "modelVersion"))
    .find((model) => model !== undefined)
    ?.slice(0, longestModel);
}

/** Adds what a result or a chunk of a stream says about usage: a later figure wins. */
export function addUsage(usage: Usage, answer: unknown): void {
  for (const part of partsOf(answer)) {
    const given = objectIn(part, "usage") ?? objectIn(part, "usageMetadata");
    for (const name of ["input_tokens", "output_tokens", "total_tokens"] as const) {
      const count = aliases[name]
        .map((alias) => fieldOf(given, alias))
        .find((value) => typeof value === "number");
      if (count !== undefined) usage[name] = count;
    }
  }
}

/** The text that a chunk of a model's stream brings, in the forms of the common clients. */
export function textOfChunk(chunk: unknown): string | undefined {
  if (typeof chunk === "string") return chunk;
  const first = objectIn(objectIn(chunk, "choices"), 0);
  // In this order: OpenAI's chat and completions, Anthropic, OpenAI's responses, Google and AI SDK.
  return (
    textIn(objectIn(first, "delta"), "content") ??
    textIn(first, "text") ??
    textIn(objectIn(chunk, "delta"), "text") ??
    (fieldOf(chunk, "type") === "response.output_text.delta" ? textIn(chunk, "delta") : undefined) ??
    textIn(chunk, "text") ??
    textIn(chunk, "textDelta") ??
    textOfCandidate(chunk)
  );
}

function textOfCandidate(chunk: unknown): string | undefined {
  const parts = objectIn(objectIn(objectIn(objectIn(chunk, "candidates"), 0), "content"), "parts");
  if (!Array.isArray(parts)) return undefined;
  let joined: string | undefined;
  for (let index = 0; index < Math.min(parts.length, mostParts); index++) {
    const text = textIn(objectIn(parts, index), "text");
    if (text !== undefined) joined = (joined ?? "") + text;
  }
  return joined;
}

/** Anthropic's stream begins with `{ message }`, that of OpenAI's responses ends with `{ response }`. */
function partsOf(answer: unknown): object[] {
  if (typeof answer !== "object" || answer === null) return [];
  return [answer, objectIn(answer, "message"), objectIn(answer, "response")].filter(
    (part) => part !== undefined,
  );
}

/** Fields that hold data. A getter of a result may begin to read the stream that the program is about to read. */
const fieldOf = (holder: unknown, key: PropertyKey): unknown =>
  typeof holder === "object" && holder !== null ? ownData(holder, key) : undefined;

const objectIn = (holder: unknown, key: PropertyKey): object | undefined => {
  const value = fieldOf(holder, key);
  return typeof value === "object" && value !== null ? value : undefined;
};

const textIn = (holder: unknown, key: PropertyKey): string | undefined => {
  const value = fieldOf(holder, key);
  return typeof value === "string" ? value : undefined;
};
