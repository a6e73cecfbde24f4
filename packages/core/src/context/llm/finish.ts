import { fieldOf, objectAt, type Part, Paths, textAt } from "./fields.js";

const maxReasonLength = 100;

// OpenAI's chat; Anthropic; AI SDK 5, and 6 and 7; Bedrock; Ollama; Google; Ax; LangChain's generations.
const paths = new Paths([
  "choices.0.finish_reason",
  "choices.0.finishReason",
  "finish_reason",
  "stop_reason",
  "finishReason",
  "finishReason.unified",
  "stopReason",
  "messageStop.stopReason",
  "done_reason",
  "candidates.0.finishReason",
  "results.0.finishReason",
  "generationInfo.finish_reason",
]);

/** Why the model ended its answer, in the provider's own term. */
export function finishReasonIn(parts: readonly Part[]): string | undefined {
  for (const part of parts) {
    const reason = paths.textIn(part) ?? statusOf(part);
    if (reason !== undefined) return reason.slice(0, maxReasonLength);
  }
  return undefined;
}

/** OpenAI's Responses API has a status, which is no finish reason while the response is still in progress. */
function statusOf(holder: Part): string | undefined {
  if (!Object.hasOwn(holder, "output") || !Array.isArray(fieldOf(holder, "output"))) return undefined;
  const status = textAt(objectAt(holder, "incomplete_details"), "reason") ?? textAt(holder, "status");
  return status === "in_progress" || status === "queued" ? undefined : status;
}
