import { emit, trace } from "@streamll/core";
import { StreamllExporter } from "../../src/mastra/index.js";
import { load } from "../not-installed.js";
import { runTwice } from "../run-twice.js";

const { Mastra } = await load("@mastra/core");
const { Agent } = await load("@mastra/core/agent");
const { createTool } = await load("@mastra/core/tools");
const { createStep, createWorkflow } = await load("@mastra/core/workflows");
const { Observability } = await load("@mastra/observability");
const { MockLanguageModelV3 } = await load("ai/test");
const { APICallError } = await load("ai");
const { z } = await load("zod");

type Part = Record<string, unknown>;

const usage = { inputTokens: { total: 10, cacheRead: 4 }, outputTokens: { total: 2 } };
const text = (...pieces: string[]): Part[] => [
  { type: "text-start", id: "1" },
  ...pieces.map((delta) => ({ type: "text-delta", id: "1", delta })),
  { type: "text-end", id: "1" },
];
const asking = (toolName = "search"): Part[] => [
  { type: "tool-call", toolCallId: "t1", toolName, input: '{"query":"rabbits"}' },
];
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function modelOf(answers: (Part[] | Error)[]) {
  const left = [...answers];
  const next = () => {
    const parts = left.shift();
    if (parts === undefined || parts instanceof Error) throw parts ?? new Error("no more answers");
    return parts;
  };
  return new MockLanguageModelV3({
    modelId: "m-1",
    provider: "mock",
    doGenerate: async () => {
      const parts = next();
      const isCall = parts.some(({ type }) => type === "tool-call");
      const whole = parts.map(({ delta }) => delta ?? "").join("");
      const reason = isCall ? "tool-calls" : "stop";
      return {
        content: isCall ? parts : [{ type: "text", text: whole }],
        finishReason: { unified: reason, raw: reason },
        usage,
        warnings: [],
        response: { id: "r", modelId: "m-1-2026", timestamp: new Date() },
      };
    },
    doStream: async () => {
      const parts = next();
      const isCall = parts.some(({ type }) => type === "tool-call");
      const reason = isCall ? "tool-calls" : "stop";
      const chunks: Part[] = [
        { type: "stream-start", warnings: [] },
        { type: "response-metadata", id: "r", modelId: "m-1-2026", timestamp: new Date() },
        ...parts,
        { type: "finish", finishReason: { unified: reason, raw: reason }, usage },
      ];
      const stream = new ReadableStream({
        async pull(controller) {
          await later(1);
          const chunk = chunks.shift();
          if (chunk === undefined) controller.close();
          else controller.enqueue(chunk);
        },
      });
      return { stream };
    },
  });
}

const inputSchema = z.object({ query: z.string() });
const search = createTool({
  id: "search",
  description: "searches",
  inputSchema,
  execute: async ({ query }: { query: string }) => ({ book: query }),
});
const broken = createTool({
  id: "broken",
  description: "breaks",
  inputSchema,
  execute: async () => {
    throw new RangeError("no such book");
  },
});

const find = createTool({
  id: "find",
  description: "finds",
  inputSchema,
  execute: async ({ query }: { query: string }) => {
    emit("found", { data: { query } });
    return trace("index", async () => {
      await later(query === "rabbits" ? 5 : 1);
      return { book: (await agentOf(text("Rabbits dig.")).generate(query)).text };
    });
  },
});
const askingTwice = ["rabbits", "foxes"].map((query) => ({
  type: "tool-call",
  toolCallId: query,
  toolName: "find",
  input: JSON.stringify({ query }),
}));

let exporters: object[] = [];

function mastraOf(answers: (Part[] | Error)[]) {
  const librarian = new Agent({
    id: "librarian",
    name: "Librarian",
    instructions: "Be brief.",
    model: modelOf(answers),
    tools: { search, broken, find },
    maxRetries: 1,
  });
  const look = createStep({
    id: "look",
    inputSchema,
    outputSchema: inputSchema,
    execute: async ({ inputData }: { inputData: object }) => trace("read", async () => inputData),
  });
  const tidy = createWorkflow({ id: "tidy", inputSchema, outputSchema: inputSchema }).then(look).commit();
  const configs = { default: { serviceName: "library", exporters } };
  return new Mastra({
    agents: { librarian },
    workflows: { tidy },
    logger: false,
    ...(exporters.length > 0 && { observability: new Observability({ configs }) }),
  });
}

const agentOf = (...answers: (Part[] | Error)[]) => mastraOf(answers).getAgent("librarian");
const question = "Do rabbits dig?";

console.log(
  JSON.stringify(
    await runTwice(
      {
        async "an answer by a tool"() {
          return (await agentOf(asking(), text("Rabbits dig.")).generate(question)).text;
        },
        async "a stream that is read to its end"() {
          const result = await agentOf(text("Rab", "bits", " dig.")).stream(question);
          let read = "";
          for await (const piece of result.textStream) read += piece;
          await later(20);
          return read;
        },
        async "a stream that is broken off"() {
          const result = await agentOf(text("Rab", ...Array(50).fill(" dig"))).stream(question);
          for await (const _ of result.textStream) break;
          await later(100);
          return "broken off";
        },
        async "a stream that is aborted"() {
          const end = new AbortController();
          const result = await agentOf(text("Rab", ...Array(200).fill(" dig"))).stream(question, {
            abortSignal: end.signal,
          });
          for await (const _ of result.textStream) end.abort();
          await later(50);
          return "aborted";
        },
        async "a call that throws"() {
          const error = new RangeError("no such model");
          return agentOf(error, error, error, error)
            .generate(question)
            .catch(({ message }: Error) => message);
        },
        async "a call that is tried again"() {
          const overloaded = new APICallError({
            message: "overloaded",
            url: "https://model.example",
            requestBodyValues: {},
            statusCode: 503,
            isRetryable: true,
            responseHeaders: { "retry-after-ms": "1" },
          });
          return (await agentOf(overloaded, text("Rabbits dig.")).generate(question)).text;
        },
        async "a tool that throws"() {
          return (await agentOf(asking("broken"), text("No idea.")).generate(question)).text;
        },
        async "tools at once whose code records calls of its own"() {
          return (await agentOf(askingTwice, text("Rabbits dig.")).generate(question)).text;
        },
        async "a workflow"() {
          const run = await mastraOf([]).getWorkflow("tidy").createRun();
          return (await run.start({ inputData: { query: "rabbits" } })).status;
        },
        async "two runs at once"() {
          const run = async () => (await agentOf(asking(), text("Rabbits dig.")).generate(question)).text;
          return Promise.all([run(), run()]);
        },
      },
      () => {
        exporters = [new StreamllExporter()];
      },
    ),
  ),
);
process.exit();
