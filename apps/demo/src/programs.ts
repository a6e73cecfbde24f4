import { fileURLToPath } from "node:url";
import { instrument } from "@streamll/core";
import { readPassages } from "./corpus.js";
import { RAG } from "./program.js";
import { PassageIndex } from "./search.js";
import type { ShownProgram } from "./shown-program.js";

/** What `--source` may say, and which program it is. */
export const sources: Readonly<Record<string, () => Promise<ShownProgram>>> = {
  "ai-sdk": async () => (await import("./ai-sdk.js")).aiSdkProgram(),
};

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Finds its answers in the pages of this project. */
export function retrievalProgram(): ShownProgram {
  const index = new PassageIndex(readPassages(root));
  const rag = instrument(new RAG(index));
  return {
    description: `questions at once about the ${index.pages.size} pages of this project's docs.`,
    remark: "BM25 finds passages, and their best sentences are the answer, word by word: no language model.",
    questions: [
      "How is a poison event found?",
      "Where can an event arrive twice?",
      "What keeps the order of events?",
      "What does docs/kafka.md say about partitions?",
    ],
    answer: (question) => textOf(rag.forward(question)),
  };
}

async function textOf(words: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const word of words) text += word;
  return text;
}
