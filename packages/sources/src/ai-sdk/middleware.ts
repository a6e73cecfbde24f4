import { textOf } from "../shared/within.js";
import { recordModelCall } from "./model-call.js";

interface Wrapped {
  readonly params: object;
  readonly model: object;
}

/** A middleware for `wrapLanguageModel` of AI SDK 5 and 6. */
export interface AiSdkMiddleware {
  /** AI SDK 6 asks for it; 5 takes no notice. */
  readonly specificationVersion: "v3";
  wrapGenerate<R>(options: Wrapped & { readonly doGenerate: () => PromiseLike<R> }): Promise<R>;
  wrapStream<R>(options: Wrapped & { readonly doStream: () => PromiseLike<R> }): Promise<R>;
}

/**
 * Makes events of each call of a model of AI SDK 5 and 6: `llm_start`, `token`, `llm_end`, one call a try. Which
 * operation they are below, `trace` says.
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
