import { beforeAll, describe, expect, it } from "vitest";
import { onNewerNode } from "../newer-node.js";
import type { Told } from "../told.js";
import { faultsOf, treeOf } from "../tree.js";

const short = (events: Told["events"]) =>
  treeOf(events)
    .split("\n")
    // Of what stands around the calls of models and tools only that it ended well.
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
        mock.model [m-1] ✗ SpanError: the call of the model failed (error)`,
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
  // What the program records stands below the tool in whose code it does.
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
  let told: Record<string, Told>;
  beforeAll(async () => {
    told = await onNewerNode(new URL("on-mastra.ts", import.meta.url));
  }, 300_000);

  it("gives what it gives without, and each call has one end", () => {
    for (const [name, { bare, result, events }] of Object.entries(told)) {
      expect([name, result]).toEqual([name, bare]);
      expect([name, faultsOf(events)]).toEqual([name, []]);
    }
    expect(Object.keys(told)).toHaveLength(10);
  });

  it.each(Object.entries(trees))("makes the tree of %s", (name, tree) => {
    expect(short(told[name]!.events)).toBe(tree);
  });

  it("keeps two runs apart that go on at once", () => {
    const lines = treeOf(told["two runs at once"]!.events).split("\n").slice(1);
    expect(lines.slice(0, lines.length / 2)).toEqual(lines.slice(lines.length / 2));
  });

  it("has what a tool emits below the tool", () => {
    const { events } = told["tools at once whose code records calls of its own"]!;
    const tools = events.filter(({ eventType, operation }) => eventType === "start" && operation === "find");
    const emitted = events.filter(({ eventType }) => eventType === "found");
    expect(emitted.map(({ parentId }) => parentId).sort()).toEqual(
      tools.map(({ eventId }) => eventId).sort(),
    );
  });

  it("tells cached tokens, and what a model was asked", () => {
    const { data } = told["an answer by a tool"]!.events.find(({ eventType }) => eventType === "llm_end")!;
    expect(data.usage).toMatchObject({ input_tokens: 10, output_tokens: 2, cache_read_tokens: 4 });
    expect(JSON.stringify(data.inputs)).toContain("Do rabbits dig?");
  });
});
