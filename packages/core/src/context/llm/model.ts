import { type Part, Paths } from "./fields.js";

/** A longer text is not the name of a model. */
const maxModelLength = 200;

// Most providers; Google; Bedrock's requests, plain and as commands; AI SDK's model; Ax; LangChain.
const paths = new Paths([
  "model",
  "modelVersion",
  "modelId",
  "input.modelId",
  "model.modelId",
  "modelUsage.model",
  "model_name",
  "ls_model_name",
]);

/** The model that a request asks for, or that gave a result or a chunk of a stream. */
export function modelIn(parts: readonly Part[]): string | undefined {
  for (const part of parts) {
    const model = paths.textIn(part);
    if (model !== undefined) return model.slice(0, maxModelLength);
  }
  return undefined;
}
