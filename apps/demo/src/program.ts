import { setTimeout as wait } from "node:timers/promises";
import { emit, instrument, trace } from "@streamll/core";
import { bestSentences, type Hit, type PassageIndex } from "./search.js";

/** A question is about a page that is not there. */
class PageNotFoundError extends Error {
  override readonly name = "PageNotFoundError";

  constructor(readonly page: string) {
    super(`no page ${page}`);
  }
}

/** Finds passages that may hold the answer. */
class Retrieve {
  readonly #index: PassageIndex;

  constructor(index: PassageIndex) {
    this.#index = index;
  }

  async forward(question: string): Promise<Hit[]> {
    const page = /\S+\.md\b/.exec(question)?.[0];
    if (page !== undefined && !this.#index.pages.has(page)) throw new PageNotFoundError(page);
    const hits = this.#index.search(question, 3, page);
    emit("retrieved", {
      data: { passages: hits.length, best_score: Number(hits[0]?.score.toFixed(1) ?? 0) },
    });
    return hits;
  }
}

/** Answers from the pages: retrieves passages, picks the best sentences, and streams them word by word. */
export class RAG {
  readonly #retrieve: Retrieve;

  constructor(index: PassageIndex) {
    // An event need not hold whole passages.
    this.#retrieve = instrument(new Retrieve(index), { capture: { outputs: sourcesOf } });
  }

  async *forward(question: string): AsyncGenerator<string, void> {
    for (const word of (await this.#answer(question)).split(/(?<= )/)) {
      await wait(5); // the pace of a model that streams
      yield word;
    }
  }

  async #answer(question: string): Promise<string> {
    try {
      const hits = await this.#retrieve.forward(question);
      const sentences = trace("rank", () => bestSentences(question, hits, 2));
      return sentences.join(" ") || "Nothing about it in the pages.";
    } catch (error) {
      if (error instanceof PageNotFoundError) return `There is no page ${error.page}.`;
      throw error;
    }
  }
}

const sourcesOf = (hits: unknown) =>
  (hits as Hit[]).map(({ passage }) => `${passage.page} › ${passage.heading}`);
