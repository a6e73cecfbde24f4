import type { StreamllEvent } from "@streamll/core";
import { beforeAll, describe, expect, it } from "vitest";
import { onNewerNode } from "../newer-node.js";
import { faultsOf, treeOf } from "../tree.js";

interface RunResult {
  readonly bare: unknown;
  readonly result: unknown;
  readonly events: StreamllEvent[];
}

const trees = {
  "an answer by a tool": `\
unknown.answer → ["Rabbits dig.",2]
  ai.generateText → Rabbits dig. (stop)
    mock.languageModelCall [m-1] calls search#t1({"query":"rabbits"}) 10+2 (tool-calls)
    tool.search #t1 → ["a book on rabbits"]
      search.index → ["a book on rabbits"]
    mock.languageModelCall [m-1] → Rabbits dig. 10+2 (stop)`,
  "a stream that is read to its end": `\
unknown.answer → ["Rabbits dig.",20,"stop"]
  ai.streamText → Rabbits dig. (stop)
    mock.languageModelCall [m-1-2026] calls search#t1({"query":"rabbits"}) 10+2 (tool-calls)
    tool.search #t1 → ["a book on rabbits"]
      search.index → ["a book on rabbits"]
    mock.languageModelCall [m-1-2026] 3 tokens → Rabbits dig. 10+2 (stop)`,
  "a stream with an error in it": `\
unknown.answer → ["lost"]
  ai.streamText → Rab (error)
    mock.languageModelCall [m-1-2026] 1 tokens ✗ RangeError: lost`,
  "two runs at once": `\
unknown.answer → [["Rabbits dig.",20,"stop"],["Rabbits dig.",2]]
  ai.streamText → Rabbits dig. (stop)
    mock.languageModelCall [m-1-2026] calls search#t1({"query":"rabbits"}) 10+2 (tool-calls)
    tool.search #t1 → ["a book on rabbits"]
      search.index → ["a book on rabbits"]
    mock.languageModelCall [m-1-2026] 3 tokens → Rabbits dig. 10+2 (stop)
  ai.generateText → Rabbits dig. (stop)
    mock.languageModelCall [m-1] calls search#t1({"query":"rabbits"}) 10+2 (tool-calls)
    tool.search #t1 → ["a book on rabbits"]
      search.index → ["a book on rabbits"]
    mock.languageModelCall [m-1] → Rabbits dig. 10+2 (stop)`,
  "a call that throws": `\
unknown.answer → no such model
  ai.generateText ✗ RangeError: no such model
    mock.languageModelCall [m-1] ✗ RangeError: no such model`,
  "a call that is tried again": `\
unknown.answer → Rabbits dig.
  ai.generateText → Rabbits dig. (stop)
    mock.languageModelCall [m-1] ✗ AI_APICallError: overloaded
    mock.languageModelCall [m-1] → Rabbits dig. 10+2 (stop)`,
};

describe("AI SDK 7", () => {
  let results: Record<string, RunResult>;
  beforeAll(async () => {
    results = await onNewerNode(new URL("on-7.ts", import.meta.url));
  }, 300_000);

  it("returns the same with and without recording", () => {
    for (const [name, { bare, result }] of Object.entries(results))
      expect([name, result]).toEqual([name, bare]);
  });

  it("has exactly one end for each call, whatever its reader does", () => {
    for (const [name, { events }] of Object.entries(results))
      expect([name, faultsOf(events)]).toEqual([name, []]);
  });

  it.each(Object.entries(trees))("is recorded as the tree of %s", (name, tree) => {
    expect(treeOf(results[name]!.events)).toBe(tree);
  });

  it.each(["a stream that is broken off", "a stream that is aborted"])(
    "ends the operation and its model call as cancelled: %s",
    (name) => {
      const ends = results[name]!.events.filter(
        ({ eventType, operation }) => /end$/.test(eventType) && operation !== "answer",
      );
      const cancelled = ends.map(({ operation, data }) => [operation, data.cancelled]);
      expect(cancelled.sort()).toEqual([
        ["languageModelCall", true],
        ["streamText", true],
      ]);
    },
  );
});
