import { trace } from "@streamll/core";
import * as ai6 from "ai";
import * as test6 from "ai/test";
import * as ai5 from "ai-5";
import * as test5 from "ai-5/test";
import { describe, expect, it } from "vitest";
import { aiSdkMiddleware, aiSdkTools } from "../../src/ai-sdk/index.js";
import { recorded } from "../recorder.js";
import { faultsOf, treeOf } from "../tree.js";
import { type AiSdk, mockModel, runs, text } from "./scene.js";

const versions: AiSdk[] = [
  {
    version: 5,
    ai: ai5,
    test: test5,
    model: (model) =>
      ai5.wrapLanguageModel({ model: model as never, middleware: aiSdkMiddleware() }) as never,
    tools: aiSdkTools,
  },
  {
    version: 6,
    ai: ai6,
    test: test6,
    model: (model) =>
      ai6.wrapLanguageModel({ model: model as never, middleware: aiSdkMiddleware() }) as never,
    tools: aiSdkTools,
  },
];

/** These versions have no telemetry that reports operations, so `trace` records them. */
const trees = {
  "an answer by a tool": `\
unknown.answer → ["Rabbits dig.",2]
  mock.languageModelCall [m-1] calls search#t1({"query":"rabbits"}) 10+2 (tool-calls)
  tool.search #t1 → ["a book on rabbits"]
    search.index → ["a book on rabbits"]
  mock.languageModelCall [m-1] → Rabbits dig. 10+2 (stop)`,
  "a stream that is read to its end": `\
unknown.answer → ["Rabbits dig.",10,"stop"]
  mock.languageModelCall [m-1-2026] calls search#t1({"query":"rabbits"}) 10+2 (tool-calls)
  tool.search #t1 → ["a book on rabbits"]
    search.index → ["a book on rabbits"]
  mock.languageModelCall [m-1-2026] 3 tokens → Rabbits dig. 10+2 (stop)`,
  "a stream with an error in it": `\
unknown.answer → ["lost"]
  mock.languageModelCall [m-1-2026] 1 tokens ✗ RangeError: lost`,
  "a call that throws": `\
unknown.answer → no such model
  mock.languageModelCall [m-1] ✗ RangeError: no such model`,
  "a call that is tried again": `\
unknown.answer → Rabbits dig.
  mock.languageModelCall [m-1] ✗ AI_APICallError: overloaded
  mock.languageModelCall [m-1] → Rabbits dig. 10+2 (stop)`,
};

describe.each(versions)("AI SDK $version", (sdk) => {
  const bare: AiSdk = { ...sdk, model: (model) => model, tools: (tools) => tools };

  it.each(Object.keys(runs))("returns the same with and without recording: %s", async (name) => {
    const run = runs[name]!;
    const { result } = await recorded(() => run(sdk));
    expect(result).toEqual(await run(bare));
  });

  it.each(Object.entries(trees))("is recorded as the tree of %s", async (name, tree) => {
    const { events } = await recorded(() => trace("answer", () => runs[name]!(sdk)));
    expect(faultsOf(events)).toEqual([]);
    expect(treeOf(events)).toBe(tree);
  });

  it("keeps two concurrent runs apart", async () => {
    const { events } = await recorded(() =>
      Promise.all([
        trace("one", () => runs["an answer by a tool"]!(sdk)),
        trace("other", () => runs["a stream that is read to its end"]!(sdk)),
      ]),
    );
    expect(faultsOf(events)).toEqual([]);
    const lines = treeOf(events).split("\n");
    expect(lines.map((line) => line.trim().split(" ")[0])).toEqual([
      ...["unknown.one", "mock.languageModelCall", "tool.search", "search.index", "mock.languageModelCall"],
      ...["unknown.other", "mock.languageModelCall", "tool.search", "search.index", "mock.languageModelCall"],
    ]);
    expect(new Set(events.map(({ executionId }) => executionId)).size).toBe(2);
  });

  it("records usage with cached tokens, messages and the time to first token", async () => {
    const { events } = await recorded(() => runs["a stream that is read to its end"]!(sdk));
    const end = events.filter(({ eventType }) => eventType === "llm_end").at(-1)!;
    expect(end.data).toMatchObject({
      usage: { input_tokens: 10, output_tokens: 2, cache_read_tokens: 4 },
      time_to_first_token_ms: expect.any(Number),
    });
    const [start] = events.filter(({ eventType }) => eventType === "llm_start");
    expect(JSON.stringify(start!.data.inputs)).toContain("Do rabbits dig?");
  });

  it("leaves out the headers of a request, which may contain keys", async () => {
    const model = mockModel(sdk, [text("Rabbits dig.")]);
    const { events } = await recorded(() =>
      sdk.ai.generateText({ model, prompt: "Do rabbits dig?", headers: { authorization: "secret" } }),
    );
    expect(JSON.stringify(events)).not.toContain("secret");
  });
});
