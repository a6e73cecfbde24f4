import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { passagesOf, readPassages } from "../src/corpus.js";
import { bestSentences, PassageIndex } from "../src/search.js";

describe("the passages of a page", () => {
  it("stand under its headings, in sentences without markup", () => {
    const page =
      "# Order\n\nIt is **kept** by [lanes](lanes.md), one\nfor each execution. One `lane` is one connection.";
    expect(passagesOf(page)).toEqual([
      {
        heading: "Order",
        sentences: ["It is kept by lanes, one for each execution.", "One lane is one connection."],
      },
    ]);
  });

  it("take a row of a table as a sentence, and leave code out", () => {
    const page = [
      "## Codes",
      "| code | when it comes |",
      "| --- | --- |",
      "| `STOPPED` | Offered to a sink that was stopped |",
      "```sh",
      "# no heading of the page",
      "```",
    ].join("\n");
    expect(passagesOf(page)).toEqual([
      {
        heading: "Codes",
        sentences: ["code | when it comes", "STOPPED | Offered to a sink that was stopped"],
      },
    ]);
  });
});

describe("retrieval from this project's docs", () => {
  const index = new PassageIndex(readPassages(fileURLToPath(new URL("../../..", import.meta.url))));

  it.each([
    ["Where can an event arrive twice?", "docs/reliability.md", "Where an event can arrive twice"],
    ["What becomes of a bigint that JSON cannot hold?", "docs/events.md", "Values that JSON cannot hold"],
    ["How do I write a transport of my own?", "docs/custom-transport.md", "Write a transport of your own"],
  ])("answers %j from %s", (question, page, heading) => {
    const [best] = index.search(question, 3);
    expect(best?.passage).toMatchObject({ page, heading });
  });

  it("keeps to one page where it is asked to", () => {
    const hits = index.search("connection", 3, "docs/errors.md");
    expect(new Set(hits.map(({ passage }) => passage.page))).toEqual(new Set(["docs/errors.md"]));
  });

  it("answers with the sentences that say most about the question, in the order of the text", () => {
    const passage = {
      id: 0,
      page: "docs/reliability.md",
      heading: "Poison",
      sentences: [
        "A sink is started once.",
        "A poison event fails alone.",
        "A poison event is found by halving.",
      ],
    };
    expect(bestSentences("How is a poison event found?", [{ passage, score: 1 }], 2)).toEqual([
      "A poison event fails alone.",
      "A poison event is found by halving.",
    ]);
  });

  it("finds nothing for a question of which no page has a word", () => {
    expect(index.search("zeppelin?", 3)).toEqual([]);
  });
});
