import { fieldAt, fieldOf, itemsAt, objectAt, type Part } from "./fields.js";

/** The token usage of a model call, under the same names for every provider. */
export interface Usage {
  input_tokens?: number;
  output_tokens?: number;
  total_tokens?: number;
  /** Input tokens read from the provider's cache. */
  cache_read_tokens?: number;
  /** Input tokens written to the provider's cache. */
  cache_write_tokens?: number;
  /** Output tokens spent on reasoning. */
  reasoning_tokens?: number;
}

/** Anthropic, OpenAI's Responses API and chat, Google, AI SDK 5, 6 and 7, LangChain, Bedrock, Ax. */
const paths: Readonly<Record<keyof Usage, readonly string[]>> = {
  input_tokens: [
    "input_tokens",
    "prompt_tokens",
    "promptTokenCount",
    "inputTokens",
    "inputTokens.total",
    "promptTokens",
  ],
  output_tokens: [
    "output_tokens",
    "completion_tokens",
    "candidatesTokenCount",
    "outputTokens",
    "outputTokens.total",
    "completionTokens",
  ],
  total_tokens: ["total_tokens", "totalTokenCount", "totalTokens"],
  cache_read_tokens: [
    "cache_read_tokens",
    "cache_read_input_tokens",
    "prompt_tokens_details.cached_tokens",
    "input_tokens_details.cached_tokens",
    "cachedContentTokenCount",
    "inputTokens.cacheRead",
    "inputTokenDetails.cacheReadTokens",
    "cachedInputTokens",
    "cacheReadInputTokens",
    "input_token_details.cache_read",
    "cacheReadTokens",
  ],
  cache_write_tokens: [
    "cache_write_tokens",
    "cache_creation_input_tokens",
    "prompt_tokens_details.cache_write_tokens",
    "inputTokens.cacheWrite",
    "inputTokenDetails.cacheWriteTokens",
    "cacheWriteInputTokens",
    "input_token_details.cache_creation",
    "cacheCreationTokens",
  ],
  reasoning_tokens: [
    "reasoning_tokens",
    "completion_tokens_details.reasoning_tokens",
    "output_tokens_details.reasoning_tokens",
    "thoughtsTokenCount",
    "outputTokens.reasoning",
    "outputTokenDetails.reasoningTokens",
    "reasoningTokens",
    "output_token_details.reasoning",
    "thoughtsTokens",
  ],
};

const names = Object.keys(paths) as (keyof Usage)[];

/** The fields that hold usage. In Ax's `modelUsage` and Cohere's `usage`, `tokens` holds the figures. */
const holders = ["usage", "usageMetadata", "usage_metadata", "totalUsage", "modelUsage"];

/** Adds the usage in a result or a chunk of a stream: a later figure replaces an earlier one. */
export function addUsage(usage: Usage, parts: readonly Part[]): void {
  for (const holder of parts) {
    for (const name of holders) {
      if (!Object.hasOwn(holder, name)) continue;
      const given = objectAt(itemsAt(holder, name), "0") ?? objectAt(holder, name);
      addFigures(usage, given);
      addFigures(usage, objectAt(given, "tokens"));
    }
    // Ollama's figures are fields of the answer itself.
    if (Object.hasOwn(holder, "prompt_eval_count"))
      put(usage, "input_tokens", fieldOf(holder, "prompt_eval_count"));
    if (Object.hasOwn(holder, "eval_count")) put(usage, "output_tokens", fieldOf(holder, "eval_count"));
  }
}

function addFigures(usage: Usage, given: object | undefined): void {
  if (given === undefined) return;
  for (const name of names) {
    put(usage, name, paths[name].map((path) => fieldAt(given, path)).find(isFigure));
  }
}

function put(usage: Usage, name: keyof Usage, figure: unknown): void {
  if (isFigure(figure)) usage[name] = figure;
}

const isFigure = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
