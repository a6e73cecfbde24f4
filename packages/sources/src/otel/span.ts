import { parsedJson } from "@streamll/core/internal";
import { read, textOf } from "../shared/within.js";

/** The fields that are read of a span of the OpenTelemetry SDK 1, 2 or 3. */
export interface OtelSpan {
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly startTime: readonly [seconds: number, nanoseconds: number];
  readonly endTime: readonly [seconds: number, nanoseconds: number];
  readonly status: { readonly code: number; readonly message?: string | undefined };
  readonly events: readonly {
    readonly name: string;
    readonly attributes?: Readonly<Record<string, unknown>> | undefined;
  }[];
  spanContext(): { readonly traceId: string; readonly spanId: string };
}

/** `parentSpanContext` since version 2 of the SDK, `parentSpanId` before. */
export const parentSpanIdOf = (span: OtelSpan): string | undefined =>
  textOf(read(span, "parentSpanContext"), "spanId") ?? textOf(span, "parentSpanId");

const calls: ReadonlySet<string> = new Set([
  "chat",
  "text_completion",
  "generate_content",
  "embeddings",
  "completion",
]);

/** Whether the span is a model call, by the attributes that it has at its start, or else by its name. */
export function isModelCall({ name, attributes }: OtelSpan): boolean {
  const kind = attributes["openinference.span.kind"];
  if (typeof kind === "string") return kind === "LLM" || kind === "EMBEDDING";
  const operation = attributes["gen_ai.operation.name"] ?? attributes["llm.request.type"];
  if (typeof operation === "string") return calls.has(operation);
  const id = attributes["ai.operationId"];
  if (typeof id === "string") return /\.do(?:Generate|Stream|Embed)$/.test(id);
  return calls.has(name.split(" ")[0] as string) && name.includes(" ");
}

/** The first of these attributes that the span has. */
export function attributeOf({ attributes }: OtelSpan, ...names: string[]): unknown {
  return names.map((name) => attributes[name]).find((value) => value !== undefined);
}

export function textAttribute(span: OtelSpan, ...names: string[]): string | undefined {
  const value = attributeOf(span, ...names);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The names are those of gen_ai.* now and before, OpenInference, OpenLLMetry and AI SDK. */
export const modelOf = (span: OtelSpan): string | undefined =>
  textAttribute(
    span,
    "gen_ai.response.model",
    "gen_ai.request.model",
    "llm.model_name",
    "embedding.model_name",
    "llm.response.model",
    "llm.request.model",
    "ai.response.model",
    "ai.model.id",
  );

export function usageOf(span: OtelSpan): object {
  return {
    input_tokens: attributeOf(
      span,
      ...["gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt"],
      ...["llm.usage.prompt_tokens", "ai.usage.inputTokens", "ai.usage.promptTokens"],
    ),
    output_tokens: attributeOf(
      span,
      ...["gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion"],
      ...["llm.usage.completion_tokens", "ai.usage.outputTokens", "ai.usage.completionTokens"],
    ),
    total_tokens: attributeOf(
      span,
      "llm.token_count.total",
      "llm.usage.total_tokens",
      "ai.usage.totalTokens",
    ),
    cache_read_tokens: attributeOf(
      span,
      ...["gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens"],
      ...["llm.token_count.prompt_details.cache_read", "ai.usage.cachedInputTokens"],
    ),
    cache_write_tokens: attributeOf(
      span,
      ...["gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens"],
      ...["gen_ai.usage.cache_creation_input_tokens", "llm.token_count.prompt_details.cache_write"],
    ),
    reasoning_tokens: attributeOf(
      span,
      ...["gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens"],
      ...["llm.token_count.completion_details.reasoning", "ai.usage.reasoningTokens"],
    ),
  };
}

export function finishReasonOf(span: OtelSpan): string | undefined {
  const reasons = attributeOf(span, "gen_ai.response.finish_reasons");
  const [first] = Array.isArray(reasons) ? (reasons as unknown[]) : [reasons];
  if (typeof first === "string") return first;
  return textAttribute(
    span,
    "gen_ai.completion.0.finish_reason",
    "llm.finish_reason",
    "ai.response.finishReason",
  );
}

/** The inputs of the call as a list; `undefined` if the span has none. */
export function inputsOf(span: OtelSpan): unknown[] | undefined {
  const whole = attributeOf(
    span,
    ...["gen_ai.input.messages", "gen_ai.tool.call.arguments", "input.value", "ai.prompt.messages"],
    ...["ai.prompt", "ai.toolCall.args", "traceloop.entity.input", "gen_ai.prompt"],
  );
  const content =
    parsed(whole) ?? listed(span, "llm.input_messages.", "message.") ?? listed(span, "gen_ai.prompt.", "");
  const asked = content ?? messagesIn(span, /^gen_ai\.(system|user|assistant|tool)\.message$/);
  return asked === undefined ? undefined : [asked];
}

export function outputsOf(span: OtelSpan): unknown {
  const whole = attributeOf(
    span,
    ...["gen_ai.output.messages", "gen_ai.tool.call.result", "output.value", "ai.response.text"],
    ...["ai.toolCall.result", "traceloop.entity.output", "gen_ai.completion"],
  );
  return (
    parsed(whole) ??
    listed(span, "llm.output_messages.", "message.") ??
    listed(span, "gen_ai.completion.", "") ??
    messagesIn(span, /^gen_ai\.choice$/)
  );
}

/** The parts of the model's messages, which include its tool calls. */
export function toolCallsOf(outputs: unknown): unknown[] {
  const messages = Array.isArray(outputs) ? (outputs as { parts?: unknown }[]) : [];
  return messages.flatMap((message) => (Array.isArray(message?.parts) ? (message.parts as unknown[]) : []));
}

/** Attributes hold messages as JSON text. */
const parsed = (value: unknown): unknown =>
  typeof value === "string" && /^\s*[[{"]/.test(value) ? parsedJson(value) : value;

const maxMessages = 500;

/** Messages spread over attributes, such as `gen_ai.prompt.0.role` or `llm.input_messages.0.message.content`. */
function listed({ attributes }: OtelSpan, prefix: string, infix: string): object[] | undefined {
  const messages: object[] = [];
  for (let index = 0; index < maxMessages; index++) {
    const at = `${prefix}${index}.${infix}`;
    const [role, content] = [attributes[`${at}role`], attributes[`${at}content`]];
    if (role === undefined && content === undefined) break;
    messages.push({ role, content });
  }
  return messages.length === 0 ? undefined : messages;
}

/** Messages that are span events, as the conventions had it until 2025. */
function messagesIn({ events }: OtelSpan, name: RegExp): object[] | undefined {
  const messages = events
    .filter((event) => name.test(event.name))
    .map((event) => ({ role: event.name.split(".")[1], ...event.attributes }));
  return messages.length === 0 ? undefined : messages;
}

export const epochMsOf = ([seconds, nanoseconds]: readonly [number, number]): number =>
  seconds * 1000 + nanoseconds / 1e6;
