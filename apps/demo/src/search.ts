import MiniSearch, { type SearchResult } from "minisearch";
import type { Passage } from "./corpus.js";

const stopWords = new Set(
  "a an and are as at be but by can do does for from how i if in into is it its of on or say says that the then there this to was what when where which who why will with you your".split(
    " ",
  ),
);

/** Words that say nothing are left out; a plain stem lets `retries` find `retry`. */
function term(word: string): string | null {
  const lower = word.toLowerCase();
  if (stopWords.has(lower)) return null;
  return lower.length < 5 ? lower : lower.replace(/(?:ies|ied|ing|ed|es|s|y|e)$/, "");
}

export interface Hit {
  readonly passage: Passage;
  readonly score: number;
}

/** Finds passages by BM25, the heading counting twice. */
export class PassageIndex {
  readonly pages: ReadonlySet<string>;
  readonly #passages: readonly Passage[];
  readonly #index = new MiniSearch<Passage>({
    fields: ["heading", "sentences"],
    extractField: (passage, field) => {
      const value = passage[field as keyof Passage];
      return Array.isArray(value) ? value.join(" ") : value;
    },
    processTerm: term,
    searchOptions: { boost: { heading: 2 } },
  });

  constructor(passages: readonly Passage[]) {
    this.#passages = passages;
    this.pages = new Set(passages.map(({ page }) => page));
    this.#index.addAll(passages);
  }

  /** The `count` best, of one `page` if it is given. */
  search(question: string, count: number, page?: string): Hit[] {
    const filter = ({ id }: SearchResult) => page === undefined || this.#passages[id]!.page === page;
    return this.#index
      .search(question, { filter })
      .slice(0, count)
      .map(({ id, score }) => ({ passage: this.#passages[id]!, score }));
  }
}

/** The `count` sentences that answer best: by BM25 among those of the hits, by how good the hit is and how early they stand. */
export function bestSentences(question: string, hits: readonly Hit[], count: number): string[] {
  // A passage says what matters first.
  const sentences = hits.flatMap(({ passage, score }) =>
    passage.sentences.map((text, position) => ({ text, weight: score ** 2 / Math.sqrt(1 + position) })),
  );
  const index = new MiniSearch({ fields: ["text"], processTerm: term });
  index.addAll(sentences.map(({ text }, id) => ({ id, text })));
  const best = index
    .search(question, { boostDocument: (id) => sentences[id as number]!.weight })
    .slice(0, count)
    .map(({ id }) => id as number);
  // In the order of the text: the second sentence may lean on the first.
  return best.sort((a, b) => a - b).map((id) => sentences[id]!.text);
}
