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

type Fields = Readonly<Record<string, unknown>>;

/** The model that a request asks for, or that gave a result or a chunk of a stream. */
export function modelOf(answer: unknown): string | undefined {
  return partsOf(answer)
    .map((part) => text(part.model) ?? text(part.modelVersion))
    .find((model) => model !== undefined);
}

/** Adds what a result or a chunk of a stream says about usage: a later figure wins. */
export function addUsage(usage: Usage, answer: unknown): void {
  for (const part of partsOf(answer)) {
    const given = fieldsOf(part.usage) ?? fieldsOf(part.usageMetadata);
    if (given === undefined) continue;
    for (const name of ["input_tokens", "output_tokens", "total_tokens"] as const) {
      const count = aliases[name].map((alias) => given[alias]).find((value) => typeof value === "number");
      if (count !== undefined) usage[name] = count;
    }
  }
}

/** The text that a chunk of a model's stream brings, in the forms of the common clients. */
export function textOfChunk(chunk: unknown): string | undefined {
  if (typeof chunk === "string") return chunk;
  const fields = fieldsOf(chunk);
  if (fields === undefined) return undefined;
  const first = fieldsOf(listOf(fields.choices)[0]);
  // In this order: OpenAI's chat and completions, Anthropic, OpenAI's responses, Google and AI SDK.
  return (
    text(fieldsOf(first?.delta)?.content) ??
    text(first?.text) ??
    text(fieldsOf(fields.delta)?.text) ??
    (fields.type === "response.output_text.delta" ? text(fields.delta) : undefined) ??
    text(fields.text) ??
    text(fields.textDelta) ??
    textOfCandidate(fields)
  );
}

function textOfCandidate({ candidates }: Fields): string | undefined {
  const parts = listOf(fieldsOf(fieldsOf(listOf(candidates)[0])?.content)?.parts);
  const texts = parts.map((part) => text(fieldsOf(part)?.text)).filter((text) => text !== undefined);
  return texts.length === 0 ? undefined : texts.join("");
}

/** Anthropic's stream begins with `{ message }`, that of OpenAI's responses ends with `{ response }`. */
function partsOf(answer: unknown): Fields[] {
  const whole = fieldsOf(answer);
  if (whole === undefined) return [];
  return [whole, fieldsOf(whole.message), fieldsOf(whole.response)].filter((part) => part !== undefined);
}

const fieldsOf = (value: unknown) =>
  typeof value === "object" && value !== null ? (value as Fields) : undefined;
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown) => (typeof value === "string" ? value : undefined);
