import { ConfigurationError } from "@streamll/core";
import { FrameworkCalls } from "@streamll/core/internal";
import { read, textOf } from "../shared/within.js";
import { currentSpan, framework } from "./current-span.js";

/** Spans in which a model answers. */
const modelSpans: ReadonlySet<unknown> = new Set(["generation", "response"]);

type Streamed = (this: unknown, ...args: unknown[]) => AsyncIterable<unknown>;

/**
 * Has the tokens of streamed runs told, which the SDK's tracing does not tell: as `token` of the calls that
 * `openaiAgents()` records. To say it again of a model changes nothing.
 *
 * @param models Classes of models, for all that are made of them, or single models; both in place.
 * @throws ConfigurationError for what has no `getStreamedResponse`.
 * @example
 * import { OpenAIChatCompletionsModel, OpenAIResponsesModel } from "@openai/agents";
 * recordTokens(OpenAIResponsesModel, OpenAIChatCompletionsModel);
 */
export function recordTokens(...models: readonly object[]): void {
  const holders = models.map((model) => (typeof model === "function" ? read(model, "prototype") : model));
  if (holders.some((holder) => typeof read(holder, "getStreamedResponse") !== "function")) {
    const message = "write models of OpenAI Agents, or classes of them, as OpenAIResponsesModel";
    throw new ConfigurationError([{ option: "models", message }]);
  }
  for (const holder of holders as object[]) {
    const original = read(holder, "getStreamedResponse") as Streamed;
    if (recorded in original) continue;
    const calls = new FrameworkCalls(framework.name, framework.currentKey);
    const value = async function* (this: unknown, ...args: unknown[]) {
      for await (const event of Reflect.apply(original, this, args)) {
        const delta = read(event, "type") === "output_text_delta" ? textOf(event, "delta") : undefined;
        if (delta !== undefined) calls.find(modelSpanId() ?? "")?.token(delta);
        yield event;
      }
    };
    Object.defineProperty(value, recorded, { value: true });
    Object.defineProperty(holder, "getStreamedResponse", { value, configurable: true, writable: true });
  }
}

const recorded = Symbol.for("@streamll/sources tokens");

/** A model makes its span the current one as long as it streams. */
function modelSpanId(): string | undefined {
  const span = currentSpan();
  return modelSpans.has(read(read(span, "spanData"), "type")) ? textOf(span, "spanId") : undefined;
}
