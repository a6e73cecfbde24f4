/** What a call of a model cost, under one set of names whoever the provider is. */
export interface Usage {
  input_tokens?: number;
  output_tokens?: number;
  total_tokens?: number;
}

type Fields = Readonly<Record<string, unknown>>;

/** The model that the arguments ask for: `create({ model: "…" })`. */
export function modelOfInputs(inputs: readonly unknown[]): string | undefined {
  for (const input of inputs) {
    const model = text(fieldsOf(input)?.model);
    if (model !== undefined) return model;
  }
  return undefined;
}

/** The model that answered, from a result or a chunk of a stream. */
export function modelOf(answer: unknown): string | undefined {
  for (const part of partsOf(answer)) {
    const model = text(part.model) ?? text(part.modelVersion);
    if (model !== undefined) return model;
  }
  return undefined;
}

/** Adds what a result or a chunk of a stream says about usage: a later figure wins. */
export function addUsage(usage: Usage, answer: unknown): void {
  for (const part of partsOf(answer)) {
    const given = fieldsOf(part.usage) ?? fieldsOf(part.usageMetadata);
    if (given === undefined) continue;
    set(
      usage,
      "input_tokens",
      given.input_tokens ??
        given.prompt_tokens ??
        given.promptTokenCount ??
        given.inputTokens ??
        given.promptTokens,
    );
    set(
      usage,
      "output_tokens",
      given.output_tokens ??
        given.completion_tokens ??
        given.candidatesTokenCount ??
        given.outputTokens ??
        given.completionTokens,
    );
    set(usage, "total_tokens", given.total_tokens ?? given.totalTokenCount ?? given.totalTokens);
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

function set(usage: Usage, name: keyof Usage, value: unknown): void {
  if (typeof value === "number") usage[name] = value;
}

const fieldsOf = (value: unknown) =>
  typeof value === "object" && value !== null ? (value as Fields) : undefined;
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown) => (typeof value === "string" ? value : undefined);
