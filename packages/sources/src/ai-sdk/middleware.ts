import { textOf } from "../shared/within.js";
import { recordModelCall } from "./model-call.js";

interface Wrapped {
  readonly params: object;
  readonly model: object;
}

/** A middleware for `wrapLanguageModel` of AI SDK 5 and 6. */
export interface AiSdkMiddleware {
  /** Required by AI SDK 6 and ignored by 5. */
  readonly specificationVersion: "v3";
  wrapGenerate<R>(options: Wrapped & { readonly doGenerate: () => PromiseLike<R> }): Promise<R>;
  wrapStream<R>(options: Wrapped & { readonly doStream: () => PromiseLike<R> }): Promise<R>;
}

/**
 * Records each model call of AI SDK 5 and 6 as `llm_start`, `token` and `llm_end`, with one call per attempt. Put the
 * operation in `trace` to have its model calls below one call.
 *
 * @example
 * const model = wrapLanguageModel({ model: openai("gpt-5"), middleware: aiSdkMiddleware() });
 */
export function aiSdkMiddleware(): AiSdkMiddleware {
  return {
    specificationVersion: "v3",
    wrapGenerate: (options) => recordModelCall(requestOf(options), options.doGenerate),
    wrapStream: (options) => recordModelCall(requestOf(options), options.doStream),
  };
}

const requestOf = ({ params, model }: Wrapped): object => ({
  ...params,
  modelId: textOf(model, "modelId"),
  provider: textOf(model, "provider"),
});
