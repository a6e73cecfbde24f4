import { setTimeout as wait } from "node:timers/promises";
import { trace } from "@streamll/core";
import { aiSdkMiddleware, aiSdkTools } from "@streamll/sources/ai-sdk";
import { jsonSchema, simulateReadableStream, stepCountIs, streamText, tool, wrapLanguageModel } from "ai";
import { MockLanguageModelV3 } from "ai/test";
import type { ShownProgram } from "./shown-program.js";

type Model = ConstructorParameters<typeof MockLanguageModelV3>[0];
type Stream = Extract<NonNullable<NonNullable<Model>["doStream"]>, (...args: never[]) => unknown>;
type Part = Awaited<ReturnType<Stream>>["stream"] extends ReadableStream<infer P> ? P : never;

const usage = {
  inputTokens: { total: 42, noCache: 42, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 12, text: 12, reasoning: 0 },
};

/** The mock model of the AI SDK: it asks a tool, and answers from what that gives. */
const mock = new MockLanguageModelV3({
  provider: "mock",
  modelId: "mock-1",
  doStream: async ({ prompt }) => {
    const last = prompt.at(-1);
    const found = last?.role === "tool" ? JSON.stringify(last.content) : undefined;
    return {
      stream: simulateReadableStream<Part>({
        chunks: found ? answering(found) : asking(),
        chunkDelayInMs: 2,
      }),
    };
  },
});

const asking = (): Part[] => [
  { type: "tool-call", toolCallId: "call-1", toolName: "search", input: '{"query":"rabbits"}' },
  { type: "finish", finishReason: { unified: "tool-calls", raw: "tool_calls" }, usage },
];

function answering(found: string): Part[] {
  const words = found.includes("warren") ? "Rabbits dig warrens, as a book says." : "No book says.";
  return [
    { type: "text-start", id: "1" },
    ...words.split(/(?<= )/).map((delta): Part => ({ type: "text-delta", id: "1", delta })),
    { type: "text-end", id: "1" },
    { type: "finish", finishReason: { unified: "stop", raw: "stop" }, usage },
  ];
}

/** An agent of the AI SDK 6, whose calls of its model and its tool are recorded by one line each. */
export function aiSdkProgram(): ShownProgram {
  const model = wrapLanguageModel({ model: mock, middleware: aiSdkMiddleware() });
  const tools = aiSdkTools({
    search: tool({
      description: "Searches the books.",
      inputSchema: jsonSchema<{ query: string }>({
        type: "object",
        properties: { query: { type: "string" } },
      }),
      execute: async ({ query }) => {
        await wait(3);
        return [`A book on ${query}: they dig a warren.`];
      },
    }),
  });
  return {
    description: "questions at once to an agent built on the AI SDK.",
    remark: "Its mock model asks a tool and then answers, token by token: no network.",
    questions: ["Do rabbits dig?", "What do they dig?"],
    answer: (question) =>
      trace("answer", { moduleName: "Agent", inputs: [question] }, async () => {
        const { textStream } = streamText({ model, tools, prompt: question, stopWhen: stepCountIs(3) });
        let text = "";
        for await (const piece of textStream) text += piece;
        return text;
      }),
  };
}
