import { beforeAll, describe, expect, it } from "vitest";
import { onNewerNode } from "../newer-node.js";
import type { RunResult } from "../run-twice.js";
import { faultsOf, treeOf } from "../tree.js";

const short = (events: RunResult["events"]) =>
  treeOf(events)
    .split("\n")
    // Of the calls around model and tool calls, only that they ended without an error.
    .map((line) => line.replace(/^(\s*(?:agent|mastra|unknown)\S*) → .*/, "$1"))
    .join("\n");

const answered = "mock.model [m-1-2026] 1 tokens → Rabbits dig. 10+2 (stop)";
const oneStep = `\
unknown.program
  agent.librarian
    mastra.model_generation
      mastra.model_step
        ${answered}`;

const trees: Record<string, string> = {
  "an answer by a tool": `\
unknown.program
  agent.librarian
    mastra.model_generation
      mastra.model_step
        mock.model [m-1-2026] calls search#t1({"query":"rabbits"}) 10+2 (tool-calls)
        tool.search #t1 → {"book":"rabbits"}
      mastra.model_step
        ${answered}`,
  "a stream that is read to its end": oneStep,
  "a call that is tried again": oneStep,
  "a call that throws": `\
unknown.program
  agent.librarian ✗ RangeError: no such model
    mastra.model_generation
      mastra.model_step
        mock.model [m-1] ✗ SpanError: the model call failed (error)`,
  "a tool that throws": `\
unknown.program
  agent.librarian
    mastra.model_generation
      mastra.model_step
        mock.model [m-1-2026] calls broken#t1({"query":"rabbits"}) 10+2 (tool-calls)
        tool.broken #t1 ✗ RangeError: no such book
      mastra.model_step
        mock.model [m-1-2026] 1 tokens → No idea. 10+2 (stop)`,
  "a stream that is aborted": `\
unknown.program
  agent.librarian cancelled
    mastra.model_generation cancelled
      mastra.model_step cancelled
        mock.model [m-1] cancelled`,
  "a workflow": `\
unknown.program
  workflow.tidy → {"query":"rabbits"}
    workflow.look → {"query":"rabbits"}
      workflow.read → {"query":"rabbits"}`,
  // What the program records is below the tool whose code records it.
  "tools at once whose code records calls of its own": `\
unknown.program
  agent.librarian
    mastra.model_generation
      mastra.model_step
        mock.model [m-1-2026] calls find#rabbits({"query":"rabbits"}) calls find#foxes({"query":"foxes"}) 10+2 (tool-calls)
        tool.find #rabbits → {"book":"Rabbits dig."}
          tool.index → {"book":"Rabbits dig."}
            agent.librarian
              mastra.model_generation
                mastra.model_step
                  ${answered}
        tool.find #foxes → {"book":"Rabbits dig."}
          tool.index → {"book":"Rabbits dig."}
            agent.librarian
              mastra.model_generation
                mastra.model_step
                  ${answered}
      mastra.model_step
        ${answered}`,
};

describe("Mastra", () => {
  let results: Record<string, RunResult>;
  beforeAll(async () => {
    results = await onNewerNode(new URL("on-mastra.ts", import.meta.url));
  }, 300_000);

  it("returns the same with and without recording, and each call has one end", () => {
    for (const [name, { bare, result, events }] of Object.entries(results)) {
      expect([name, result]).toEqual([name, bare]);
      expect([name, faultsOf(events)]).toEqual([name, []]);
    }
    expect(Object.keys(results)).toHaveLength(10);
  });

  it.each(Object.entries(trees))("is recorded as the tree of %s", (name, tree) => {
    expect(short(results[name]!.events)).toBe(tree);
  });

  it("keeps two concurrent runs apart", () => {
    const lines = treeOf(results["two runs at once"]!.events).split("\n").slice(1);
    expect(lines.slice(0, lines.length / 2)).toEqual(lines.slice(lines.length / 2));
  });

  it("has the events that a tool emits below the tool", () => {
    const { events } = results["tools at once whose code records calls of its own"]!;
    const tools = events.filter(({ eventType, operation }) => eventType === "start" && operation === "find");
    const emitted = events.filter(({ eventType }) => eventType === "found");
    expect(emitted.map(({ parentId }) => parentId).sort()).toEqual(
      tools.map(({ eventId }) => eventId).sort(),
    );
  });

  it("records cached tokens and the inputs of a model", () => {
    const { data } = results["an answer by a tool"]!.events.find(({ eventType }) => eventType === "llm_end")!;
    expect(data.usage).toMatchObject({ input_tokens: 10, output_tokens: 2, cache_read_tokens: 4 });
    expect(JSON.stringify(data.inputs)).toContain("Do rabbits dig?");
  });
});
