import { ConfigurationError } from "@streamll/core";
import { FrameworkCalls } from "@streamll/core/internal";
import { read, textOf } from "../shared/within.js";
import { currentSpan, framework } from "./current-span.js";

/** Spans in which a model answers. */
const modelSpans: ReadonlySet<unknown> = new Set(["generation", "response"]);

type Streamed = (this: unknown, ...args: unknown[]) => AsyncIterable<unknown>;

/**
 * Records the tokens of streamed runs, which the SDK's tracing does not report, as `token` events of the calls that
 * `openaiAgents()` records. Passing a model again changes nothing.
 *
 * @param models Model classes, for all their instances, or single models. Both are changed in place.
 * @throws ConfigurationError for a value without `getStreamedResponse`.
 * @example
 * import { OpenAIChatCompletionsModel, OpenAIResponsesModel } from "@openai/agents";
 * recordTokens(OpenAIResponsesModel, OpenAIChatCompletionsModel);
 */
export function recordTokens(...models: readonly object[]): void {
  const holders = models.map((model) => (typeof model === "function" ? read(model, "prototype") : model));
  if (holders.some((holder) => typeof read(holder, "getStreamedResponse") !== "function")) {
    const message = "write models or model classes of OpenAI Agents, such as OpenAIResponsesModel";
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

/** The id of the model's span, which is the current one while the model streams. */
function modelSpanId(): string | undefined {
  const span = currentSpan();
  return modelSpans.has(read(read(span, "spanData"), "type")) ? textOf(span, "spanId") : undefined;
}
