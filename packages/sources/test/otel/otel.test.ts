import * as api from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { emit, trace } from "@streamll/core";
import { afterEach, describe, expect, it } from "vitest";
import { recordSpan, type SpanProcessorOptions, StreamllSpanProcessor } from "../../src/otel/index.js";
import { recorded } from "../recorder.js";
import { faultsOf, treeOf } from "../tree.js";
import { runs } from "./scene.js";
import { trees } from "./trees.js";

const otelOf = (options?: SpanProcessorOptions) => {
  const provider = new BasicTracerProvider({ spanProcessors: [new StreamllSpanProcessor(options)] });
  return { tracer: provider.getTracer("library"), api, provider };
};

describe("OpenTelemetry 2", () => {
  it.each(Object.keys(runs))("is recorded as the tree of %s", async (name) => {
    const { events } = await recorded(async () => runs[name]!(otelOf()));
    expect(faultsOf(events)).toEqual([]);
    expect(treeOf(events)).toBe(trees[name]);
  });

  it("is recorded with cached tokens, messages, times and ids", async () => {
    const { events } = await recorded(async () => runs["an agent by gen_ai.* of today"]!(otelOf()));
    const start = events.find(({ eventType }) => eventType === "llm_start")!;
    const end = events.find(({ eventType }) => eventType === "llm_end")!;
    expect(JSON.stringify(start.data.inputs)).toContain("Do rabbits dig?");
    expect(start.tags).toEqual({ trace_id: expect.any(String), span_id: expect.any(String) });
    expect(end.data.usage).toEqual({ input_tokens: 10, output_tokens: 2, cache_read_tokens: 4 });
    expect(Date.parse(end.timestamp)).toBeGreaterThanOrEqual(Date.parse(start.timestamp));
  });

  it("has a model's inputs in the end if the span gets them only then", async () => {
    const { events } = await recorded(async () => runs["a chain by OpenInference"]!(otelOf()));
    const { data } = events.find(({ eventType }) => eventType === "llm_end")!;
    expect(data.inputs).toEqual([[{ role: "user", content: "Do rabbits dig?" }]]);
  });

  it("is recorded with the stack of an exception", async () => {
    const { events } = await recorded(async () => runs["a model that fails"]!(otelOf()));
    expect(events.at(-1)!.data).toMatchObject({
      error_type: "RangeError",
      traceback: expect.stringContaining("scene.ts"),
    });
  });

  it("has the children of a span that is left out below its parent", async () => {
    const otel = otelOf({ filter: ({ name }) => !name.startsWith("invoke_agent") });
    const { events } = await recorded(async () => runs["an agent by gen_ai.* of today"]!(otel));
    expect(faultsOf(events)).toEqual([]);
    expect(treeOf(events)).toMatch(/^openai\.chat/);
  });

  it("ends a stream when it is read to its end, and cancels one that is broken off and never ended", async () => {
    const { events } = await recorded(async () => {
      const { tracer } = otelOf();
      const attributes = { "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5" };
      const streamed = async function* () {
        const span = tracer.startSpan("chat gpt-5", { attributes });
        yield* ["Rab", "bits"];
        const messages = [{ role: "assistant", parts: [{ type: "text", content: "Rabbits" }] }];
        span.setAttribute("gen_ai.output.messages", JSON.stringify(messages));
        span.end();
      };
      for await (const _ of streamed());
      for await (const _ of streamed()) break;
    });
    expect(faultsOf(events)).toEqual([]);
    expect(treeOf(events)).toBe(`\
library.chat [gpt-5] → [{"role":"assistant","parts":[{"type":"text","content":"Rabb…
library.chat [gpt-5] cancelled`);
  });

  it("has its spans below the program's call that they run in", async () => {
    const { events } = await recorded(async () =>
      trace("program", () => runs["two runs at once"]!(otelOf())),
    );
    const depths = treeOf(events)
      .split("\n")
      .map((line) => line.search(/\S/));
    expect(depths).toEqual([0, 2, 4, 2, 4]);
  });

  it("can be flushed and shut down", async () => {
    const { provider } = otelOf();
    await expect(Promise.all([provider.forceFlush(), provider.shutdown()])).resolves.toBeDefined();
  });

  it("is recorded as the same trees from ended spans, with the spans' ids in the events", async () => {
    for (const [name, run] of Object.entries(runs)) {
      const exporter = new InMemorySpanExporter();
      const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
      run({ tracer: provider.getTracer("library"), api });
      const spans = exporter.getFinishedSpans();
      const { events } = await recorded(async () => spans.forEach(recordSpan));
      // Concurrent runs may end in another order than they began.
      const runsOf = (tree: string) => tree.split(/\n(?! )/).sort();
      expect(runsOf(treeOf(events)), name).toEqual(runsOf(trees[name]!));
      const starts = events.filter(({ eventType }) => eventType.endsWith("start"));
      expect(starts.map(({ eventId }) => eventId)).toEqual(spans.map((span) => span.spanContext().spanId));
      expect(starts.map(({ executionId }) => executionId)).toEqual(
        spans.map((span) => span.spanContext().traceId),
      );
    }
  });
});

describe("the program's own calls in an active span", () => {
  afterEach(() => api.context.disable());

  const work = (tracer: api.Tracer) => async () => {
    const run = async (question: string) =>
      tracer.startActiveSpan("agent", async (agent) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        const found = await tracer.startActiveSpan("HTTP", async (request) => {
          emit("asked", { data: { question } });
          const books = await trace("index", { moduleName: "mine" }, async () => {
            tracer.startActiveSpan("query", (query) => query.end());
            return [question];
          });
          request.end();
          return books;
        });
        agent.end();
        return found;
      });
    return Promise.all([run("rabbits"), run("foxes")]);
  };

  it("are below that span, and spans started in them are below them", async () => {
    api.context.setGlobalContextManager(new AsyncLocalStorageContextManager());
    const { events } = await recorded(() => trace("program", work(otelOf().tracer)));
    expect(faultsOf(events)).toEqual([]);
    const run = (question: string) => `
  library.agent
    library.HTTP
      mine.index → ["${question}"]
        library.query`;
    expect(treeOf(events)).toBe(`unknown.program → [["rabbits"],["foxes"]]${run("rabbits")}${run("foxes")}`);
    expect(events.find(({ eventType }) => eventType === "asked")).toMatchObject({ operation: "HTTP" });
  });

  it("are below its parent if the span is left out", async () => {
    api.context.setGlobalContextManager(new AsyncLocalStorageContextManager());
    const { tracer } = otelOf({ filter: ({ name }) => name !== "HTTP" });
    const { events } = await recorded(work(tracer));
    expect(faultsOf(events)).toEqual([]);
    const run = (question: string) => `\
library.agent
  mine.index → ["${question}"]
    library.query`;
    expect(treeOf(events)).toBe(`${run("rabbits")}\n${run("foxes")}`);
    expect(events.find(({ eventType }) => eventType === "asked")).toMatchObject({ operation: "agent" });
  });

  it("are below the enclosing call of the program if no context manager is registered", async () => {
    const { events } = await recorded(() => trace("program", work(otelOf().tracer)));
    const depths = treeOf(events)
      .split("\n")
      .map((line) => line.search(/\S/));
    // OpenTelemetry itself knows no parents then, so that only the program's own calls have spans below them.
    expect(Math.max(...depths)).toBe(4);
  });
});
