import { FakeListChatModel } from "@langchain/core/utils/testing";
import type { StreamllEvent } from "@streamll/core";
import { beforeAll, describe, expect, it } from "vitest";
import { langchain } from "../../src/langchain/index.js";
import { recorded } from "../recorder.js";
import type { RunResult } from "../run-twice.js";
import { faultsOf, treeOf } from "../tree.js";
import { inOwnProcess } from "./own-process.js";

interface Printed {
  readonly results: Record<string, RunResult>;
  readonly concurrent: StreamllEvent[];
  readonly withCallbacks: StreamllEvent[];
}

const trees: Record<string, string> = {
  "a chain": `\
unknown.program → Rabbits dig.
  RunnableSequence.answer → Rabbits dig.
    RunnableLambda.RunnableLambda → [{"role":"system","content":"Be brief."},{"role":"human","co…
    fake.Model [m-1-2026] → Rabbits dig. 10+2 (stop)
    RunnableLambda.parse → Rabbits dig.`,
  "a stream that is read to its end": `\
unknown.program → ["Rab","bits"," dig."]
  Model.Model [m-1-2026] 3 tokens → Rabbits dig. 10+2 (stop)`,
  "a call that throws": `\
unknown.program → no such model
  RunnableLambda.broken ✗ RangeError: no such model`,
  "a call that is aborted": `\
unknown.program → AbortError
  RunnableLambda.slow cancelled`,
  "a call that is tried again": `\
unknown.program → done
  RunnableRetry.RunnableLambda → done
    RunnableLambda.flaky ✗ Error: overloaded
    RunnableLambda.flaky → done`,
  "a retriever": `\
unknown.program → 2
  retriever.FakeRetriever → [{"pageContent":"foo","metadata":{}},{"pageContent":"bar","m…`,
  "a graph that calls a tool": `\
unknown.program → ["Be brief.","Do rabbits dig?","","a book on rabbits","Rabbi…
  CompiledStateGraph.LangGraph → {"messages":[{"role":"system","content":"Be brief."},{"role"…
    RunnableSequence.agent → {"messages":[{"role":"ai","content":"","tool_calls":[{"id":"…
      fake.Model [m-1-2026] calls search#t1({"query":"rabbits"}) 10+2 (tool_calls)
      RunnableLambda.RunnableLambda → tools
    RunnableSequence.tools → {"messages":[{"role":"tool","content":"a book on rabbits","n…
      tool.search #t1 → a book on rabbits
    RunnableSequence.agent → {"messages":[{"role":"ai","content":"Rabbits dig."}]}
      fake.Model [m-1-2026] → Rabbits dig. 10+2 (stop)
      RunnableLambda.RunnableLambda → __end__`,
  // What the program records is below the node, the branch or the tool whose code records it.
  "a graph whose code records calls of its own": `\
unknown.program → rabbits!
  CompiledStateGraph.LangGraph → {"text":"rabbits!"}
    RunnableSequence.write → {"text":"rabbits"}
      RunnableSequence.plan
      RunnableSequence.act → rabbits
        tool.find → rabbits
          tool.index → rabbits
            RunnableLambda.inner → ["rabbits"]
              RunnableLambda.rank → ["rabbits"]
      RunnableLambda.RunnableLambda → check
        RunnableLambda.choose → check
    RunnableSequence.check → {"text":"rabbits!"}
      RunnableSequence.look → rabbits!`,
  "a graph of which a node throws": `\
unknown.program → no ink
  CompiledStateGraph.LangGraph ✗ RangeError: no ink
    RunnableSequence.write ✗ RangeError: no ink`,
};

describe("LangChain and LangGraph, recorded by callbacks of a call", () => {
  it("are recorded where the callbacks are passed, with the run in tags", async () => {
    const model = new FakeListChatModel({ responses: ["Rabbits dig."] });
    const { events } = await recorded(async () => {
      await model.invoke("Do rabbits dig?", { callbacks: [langchain()] });
      await model.invoke("Do they?");
    });
    expect(faultsOf(events)).toEqual([]);
    expect(events.map(({ eventType }) => eventType)).toEqual(["llm_start", "llm_end"]);
    expect(events[0]!.tags.run_id).toEqual(expect.any(String));
    expect(events[0]!.data.inputs).toEqual([{ messages: [{ role: "human", content: "Do rabbits dig?" }] }]);
  });
});

describe("LangChain and LangGraph, recorded by importing register", () => {
  let results: Printed["results"];
  let concurrent: Printed["concurrent"];
  let withCallbacks: Printed["withCallbacks"];
  beforeAll(async () => {
    ({ results, concurrent, withCallbacks } = await inOwnProcess<Printed>("on-langgraph.ts"));
  }, 120_000);

  it("return the same with and without recording, and each call has one end", () => {
    for (const [name, { bare, result, events }] of Object.entries(results)) {
      expect([name, result]).toEqual([name, bare]);
      expect([name, faultsOf(events)]).toEqual([name, []]);
    }
  });

  it.each(Object.entries(trees))("are recorded as the tree of %s", (name, tree) => {
    expect(treeOf(results[name]!.events)).toBe(tree);
  });

  it("end a stream that is broken off as cancelled, which LangChain does not report", () => {
    const { events } = results["a stream that is broken off"]!;
    const ends = events.filter(({ data }) => data.cancelled === true).map(({ operation }) => operation);
    expect(ends).toEqual(["Model", "answer"]);
    expect(events.at(-1)).toMatchObject({ operation: "program", data: { outputs: "Rab" } });
  });

  it("keep two concurrent runs apart", () => {
    expect(faultsOf(concurrent)).toEqual([]);
    const [one, other] = treeOf(concurrent).split("unknown.other");
    expect(other).toBe(one!.replace("unknown.one", "").trimEnd());
    expect(new Set(concurrent.map(({ executionId }) => executionId)).size).toBe(2);
  });

  it("are recorded once, even if callbacks are passed too", () => {
    expect(withCallbacks.map(({ eventType }) => eventType)).toEqual(["llm_start", "llm_end"]);
  });
});
