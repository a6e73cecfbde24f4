import { AxAgent, AxFlow, AxGen } from "@ax-llm/ax";
import { ConfigurationError, trace } from "@streamll/core";
import { beforeAll, describe, expect, it } from "vitest";
import { recordAx } from "../../src/ax/index.js";
import { recorded } from "../recorder.js";
import { faultsOf, treeOf } from "../tree.js";
import { type RecordService, runs } from "./scene.js";

const record: RecordService = (service) => {
  recordAx({ ai: service });
  return service;
};

const program = 'AxGen.forward → {"answer":"Rabbits dig."}';
const model =
  'OpenAI.chat [gpt-5-mini] → {"results":[{"index":0,"id":"0","content":"Answer: Rabbits d… 10+2 (stop)';

const trees: Record<string, string[]> = {
  "a program": [program, model],
  "a program with a tool": [
    program,
    'OpenAI.chat [gpt-5-mini] → {"results":[{"index":0,"id":"0","functionCalls":[{"id":"t1",… calls search#t1({"query":"rabbits"}) 10+2 (function_call)',
    model,
  ],
  "a stream that is read to its end": [
    'AxGen.streamingForward 2 tokens → [{"version":0,"index":0,"delta":{"answer":"Rabbits"}},{"vers…',
    "OpenAI.chat [gpt-5-mini] 3 tokens → Answer: Rabbits dig. 10+2 (stop)",
  ],
  "a stream that is broken off": [
    'AxGen.streamingForward 1 tokens cancelled → [{"version":0,"index":0,"delta":{"answer":"Rabbits"}}]',
    "OpenAI.chat [undefined] 2 tokens cancelled → Answer: Rabbits",
  ],
  "a program that throws": [
    "AxGen.forward ✗ AxGenerateError: Generate failed: HTTP 400 -",
    "OpenAI.chat [undefined] ✗ AxAIServiceStatusError: HTTP 400 -",
  ],
  "a program whose answer does not fit, and that asks again": [
    'AxGen.forward → {"books":3}',
    'OpenAI.chat [gpt-5-mini] → {"results":[{"index":0,"id":"0","content":"Books: many","fin… 10+2 (stop)',
    'OpenAI.chat [gpt-5-mini] → {"results":[{"index":0,"id":"0","content":"Books: 3","finish… 10+2 (stop)',
  ],
  "a call that is tried again": [program, model],
  // Ax does not report tools: what a tool records is below the program.
  "a tool whose code records calls of its own": [
    program,
    'OpenAI.chat [gpt-5-mini] → {"results":[{"index":0,"id":"0","functionCalls":[{"id":"t1",… calls search#t1({"query":"rabbits"}) 10+2 (function_call)',
    "AxGen.index → a book on rabbits",
    model,
  ],
  "a flow": ['AxFlow.forward → {"answer":"Rabbits dig."}', program, model],
};

describe("Ax", () => {
  const bare: Record<string, unknown> = {};
  beforeAll(async () => {
    for (const [name, run] of Object.entries(runs)) bare[name] = await run((service) => service);
    recordAx({ AxGen, AxFlow, AxAgent });
  });

  it.each(Object.keys(runs))(
    "returns the same with recording, and is recorded as the tree of %s",
    async (name) => {
      const { events, result } = await recorded(() => trace("program", () => runs[name]!(record)));
      expect(result).toEqual(bare[name]);
      expect(faultsOf(events)).toEqual([]);
      const [, ...calls] = treeOf(events).split("\n");
      expect(calls.map((line) => line.trim())).toEqual(trees[name]);
    },
  );

  it("shows the values passed to a program, and never the service with its key", async () => {
    const { events } = await recorded(() => runs["a program"]!(record));
    expect(events[0]!.data.inputs).toEqual([{ question: "Do rabbits dig?" }]);
    expect(JSON.stringify(events[1]!.data.inputs)).toContain("Do rabbits dig?");
    expect(JSON.stringify(events)).not.toContain("secret");
  });

  it("keeps two concurrent runs apart", async () => {
    const { events } = await recorded(() =>
      Promise.all([
        trace("one", () => runs["a flow"]!(record)),
        trace("other", () => runs["a program with a tool"]!(record)),
      ]),
    );
    expect(faultsOf(events)).toEqual([]);
    const depths = treeOf(events)
      .split("\n")
      .map((line) => line.search(/\S/));
    expect(depths).toEqual([0, 2, 4, 6, 0, 2, 4, 4]);
  });

  it("rejects anything but its classes and services", () => {
    expect(() => recordAx({ ai: {} })).toThrow(ConfigurationError);
    expect(() => recordAx({ AxGen: {} })).toThrow(/class AxGen/);
  });
});
