import Anthropic from "@anthropic-ai/sdk";
import { ai, ax } from "@ax-llm/ax";
import { RunnableLambda } from "@langchain/core/runnables";
import { tool as langchainTool } from "@langchain/core/tools";
import { generateText, wrapLanguageModel } from "ai";
import { MockLanguageModelV3 } from "ai/test";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { aiSdkMiddleware } from "../src/ai-sdk/index.js";
import { recordAnthropic } from "../src/anthropic/index.js";
import { recordAx } from "../src/ax/index.js";
import { langchain } from "../src/langchain/index.js";
import { recordOpenAI } from "../src/openai/index.js";
import { recorded } from "./recorder.js";
import { stubbedFetch } from "./stubbed-fetch.js";

/** Each of these fails in code of this file, or in code that this file awaits. */
const failing: Record<string, (isRecorded: boolean) => Promise<unknown>> = {
  async "OpenAI's client"(isRecorded) {
    const client = new OpenAI({ apiKey: "k", fetch: stubbedFetch({ status: 400 }) });
    if (isRecorded) recordOpenAI(client);
    await client.responses.create({ model: "m", input: "why?" });
  },
  async "Anthropic's client"(isRecorded) {
    const client = new Anthropic({ apiKey: "k", fetch: stubbedFetch({ status: 400 }) });
    if (isRecorded) recordAnthropic(client);
    await client.messages.create({
      model: "m",
      max_tokens: 1,
      messages: [{ role: "user", content: "why?" }],
    });
  },
  async "the AI SDK"(isRecorded) {
    const mock = new MockLanguageModelV3({
      doGenerate: async () => {
        throw new RangeError("no such model");
      },
    });
    const model = isRecorded ? wrapLanguageModel({ model: mock, middleware: aiSdkMiddleware() }) : mock;
    await generateText({ model, prompt: "why?", maxRetries: 0 });
  },
  async "a tool of LangChain"(isRecorded) {
    const search = langchainTool(
      async () => {
        throw new RangeError("no such book");
      },
      { name: "search", description: "searches", schema: z.object({}) },
    );
    const chain = RunnableLambda.from(() => search.invoke({}));
    await chain.invoke("", isRecorded ? { callbacks: [langchain()] } : {});
  },
  async Ax(isRecorded) {
    const fetch = stubbedFetch({ status: 400 });
    const service = ai({ name: "openai", apiKey: "k", options: { fetch, debug: false } });
    if (isRecorded) recordAx({ ai: service });
    await ax("question:string -> answer:string").forward(service, { question: "why?" }, { stream: false });
  },
};

/** The stack frames of the functions above. */
const framesOf = (error: Error): string[] =>
  (error.stack ?? "")
    .split("\n")
    .slice(1)
    .filter((line) => line.includes("stacks.test.ts"));

describe("the stack of an error", () => {
  it.each(Object.keys(failing))(
    "shows the same frames of the program with and without recording: %s",
    async (name) => {
      const results: Awaited<ReturnType<typeof recorded<string[]>>>[] = [];
      // Both run on one line, as the line is part of their stacks.
      for (const isRecorded of [false, true])
        results.push(await recorded(() => failing[name]!(isRecorded).then(() => [], framesOf)));
      const [bare, shown] = results;
      expect(bare!.result).not.toEqual([]);
      expect(shown!.result).toEqual(bare!.result);
      expect(shown!.events.at(-1)).toMatchObject({ eventType: "error" });
    },
  );
});
