import { beforeAll, describe, expect, it } from "vitest";
import { onNewerNode } from "../newer-node.js";
import type { RunResult } from "../run-twice.js";
import { faultsOf, treeOf } from "../tree.js";

const whole = '→ [{"id":"c1","object":"chat.completion","created":1,"model":"…';
const answered = `agents.model [gpt-5-2026] ${whole} 10+2 (stop)`;
const asked = `agents.model [gpt-5-2026] ${whole} calls search#t1({"query":"rabbits"}) 10+2 (tool_calls)`;

/** The calls below the trace, its task and the first agent. */
const trees: Record<string, string> = {
  "an answer by a tool": `\
        Librarian.turn
          ${asked}
          tool.search → a book on rabbits
        Librarian.turn
          ${answered}`,
  "an answer by the responses of OpenAI": `\
        Librarian.turn
          agents.model [gpt-5-2026] → Rabbits dig. 10+2 (completed)`,
  "a handoff": `\
        Librarian.turn
          agents.model [gpt-5-2026] ${whole} calls transfer_to_Writer#t1({}) 10+2 (tool_calls)
          Librarian.handoff
      agent.Writer
        Writer.turn
          ${answered}`,
  // What the program records is below the tool whose code records it.
  "tools at once whose code records calls of its own": `\
        Librarian.turn
          agents.model [gpt-5-2026] ${whole} calls find#rabbits({"query":"rabbits"}) calls find#foxes({"query":"foxes"}) 10+2 (tool_calls)
          tool.find → Rabbits dig.
            tool.index → Rabbits dig.
              task.Agent workflow
                agent.Reader
                  Reader.turn
                    ${answered}
          tool.find → Rabbits dig.
            tool.index → Rabbits dig.
              task.Agent workflow
                agent.Reader
                  Reader.turn
                    ${answered}
        Librarian.turn
          ${answered}`,
  "a call that is tried again": `\
        Librarian.turn
          ${answered}`,
};

describe("OpenAI Agents", () => {
  let results: Record<string, RunResult>;
  beforeAll(async () => {
    results = await onNewerNode(new URL("on-agents.ts", import.meta.url));
  }, 300_000);

  it("return the same with and without recording, and each call has one end", () => {
    for (const [name, { bare, result, events }] of Object.entries(results)) {
      expect([name, result]).toEqual([name, bare]);
      expect([name, faultsOf(events)]).toEqual([name, []]);
    }
    expect(Object.keys(results)).toHaveLength(11);
  });

  it.each(Object.entries(trees))("are recorded as the tree of %s", (name, tree) => {
    const [program, trace, task, agent, ...rest] = treeOf(results[name]!.events).split("\n");
    expect([program, trace, task, agent].map((line) => line!.trim().split(" →")[0])).toEqual([
      ...["unknown.program", "agents.Agent workflow", "task.Agent workflow", "agent.Librarian"],
    ]);
    expect(rest.join("\n")).toBe(tree);
  });

  it.each([
    ["a call that throws", "Error in agent run: Error: 400 overloaded"],
    ["a tool that throws", expect.stringContaining("RangeError: no such book")],
  ])("end each call with the error, up to the trace: %s", (name, message) => {
    const errors = results[name]!.events.filter(({ eventType }) => eventType === "error");
    expect(errors.at(-1)).toMatchObject({ moduleName: "agents", data: { error_message: message } });
    const cancelled = results[name]!.events.filter(({ data }) => data.cancelled);
    expect(cancelled).toEqual([]);
  });

  it.each(["a stream that is read to its end", "a stream of the responses of OpenAI"])(
    "have a stream recorded as one model call, with its tokens and its answer: %s",
    (name) => {
      const { events } = results[name]!;
      const { eventId } = events.find(({ eventType }) => eventType === "llm_start")!;
      const own = events.filter(({ parentId }) => parentId === eventId);
      const tokens = own.filter(({ eventType }) => eventType === "token");
      expect(tokens.map(({ data }) => data.token).join("")).toBe("Rabbits dig.");
      expect(own.at(-1)!.eventType).toBe("llm_end");
      expect(own.at(-1)!.data).toMatchObject({
        // For a chat stream the SDK reports the requested model.
        model: expect.stringMatching(/^gpt-5/),
        token_count: 3,
        time_to_first_token_ms: expect.any(Number),
        usage: { input_tokens: 10, output_tokens: 2 },
      });
    },
  );

  it("have the events that a tool emits below the tool", () => {
    const { events } = results["tools at once whose code records calls of its own"]!;
    const tools = events.filter(({ eventType, operation }) => eventType === "start" && operation === "find");
    const emitted = events.filter(({ eventType }) => eventType === "found");
    expect(emitted.map(({ parentId }) => parentId)).toEqual(tools.map(({ eventId }) => eventId));
  });

  it("keep two concurrent runs apart", () => {
    const lines = treeOf(results["two runs at once"]!.events).split("\n").slice(1);
    expect(lines.slice(0, lines.length / 2)).toEqual(lines.slice(lines.length / 2));
  });

  it("show the inputs of a model in its end, when the SDK reports them", () => {
    const { data } = results["an answer by a tool"]!.events.find(({ eventType }) => eventType === "llm_end")!;
    expect(JSON.stringify(data.inputs)).toContain("Do rabbits dig?");
    expect(JSON.stringify(results)).not.toContain("secret");
  });
});
