import type { Answer, Refusal } from "./answer.js";

/** One path that takes bodies. */
export interface Endpoint {
  /** Content types, without parameters. */
  readonly types: readonly string[];
  /** @throws Refusal */
  take(body: Buffer, type: string): Promise<Answer>;
  /** @param type What was sent; of what is not supported the first of `types`. */
  refuse(refusal: Refusal, type: string): Answer;
}
