// Measures what recording costs per call, in microseconds of CPU, beside the framework's own tracing if it has one: on the
// present Node, and on Node 22 for what needs it. Run it with `npx tsx`.

import Anthropic from "@anthropic-ai/sdk";
import { AxGen, ai, ax } from "@ax-llm/ax";
import { RunCollectorCallbackHandler } from "@langchain/core/tracers/run_collector";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { configure } from "@streamll/core";
import { generateText, wrapLanguageModel } from "ai";
import { MockLanguageModelV3 } from "ai/test";
import OpenAI from "openai";
import { aiSdkMiddleware } from "../../src/ai-sdk/index.js";
import { recordAnthropic } from "../../src/anthropic/index.js";
import { recordAx } from "../../src/ax/index.js";
import { langchain } from "../../src/langchain/index.js";
import { recordOpenAI } from "../../src/openai/index.js";
import { StreamllSpanProcessor } from "../../src/otel/index.js";
import { onNewerNode } from "../newer-node.js";
import { type Call, type Costs, leastOf, lineOf } from "./least.js";

const done = { sent: 0, failed: 0, dropped: 0, rejected: 0, pending: 0, durationMs: 0 } as never;
configure({ sinks: [{ handleEvent: () => true, flush: async () => done, stop: async () => done }] });

const chat = {
  model: "m",
  choices: [{ index: 0, message: { role: "assistant", content: "Rabbits dig." }, finish_reason: "stop" }],
  usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
};
const message = {
  model: "m",
  content: [{ type: "text", text: "Rabbits dig." }],
  stop_reason: "end_turn",
  usage: { input_tokens: 10, output_tokens: 2 },
};
const messages = [{ role: "user" as const, content: "Do rabbits dig?" }];

const openai = (record: <T extends object>(client: T) => T): Call => {
  const client = record(new OpenAI({ apiKey: "k", fetch: async () => Response.json(chat) }));
  return () => client.chat.completions.create({ model: "m", messages });
};
const anthropic = (record: <T extends object>(client: T) => T): Call => {
  const client = record(new Anthropic({ apiKey: "k", fetch: async () => Response.json(message) }));
  return () => client.messages.create({ model: "m", max_tokens: 10, messages });
};
const mock = new MockLanguageModelV3({
  doGenerate: async () => ({
    content: [{ type: "text", text: "Rabbits dig." }],
    finishReason: { unified: "stop", raw: "stop" },
    usage: {
      inputTokens: { total: 10, noCache: 10, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: 2, text: 2, reasoning: 0 },
    },
    warnings: [],
  }),
});
const wrapped = wrapLanguageModel({ model: mock, middleware: aiSdkMiddleware() });
const tracerOf = (processor: StreamllSpanProcessor | SimpleSpanProcessor) =>
  new BasicTracerProvider({ spanProcessors: [processor] }).getTracer("bench");
const ownTracer = tracerOf(new SimpleSpanProcessor(exporter()));
const model = new FakeListChatModel({ responses: ["Rabbits dig."] });
const spans = (tracer: ReturnType<typeof tracerOf>): Call => {
  return () => {
    const span = tracer.startSpan("chat m", { attributes: { "gen_ai.request.model": "m" } });
    span.setAttributes({ "gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 2 });
    span.end();
  };
};

const program = ax("question:string -> answer:string");
/** A service of Ax. Its classes are recorded in place, and restored for the calls that are not recorded. */
const axWith = (more: object, record: (service: object) => void = () => {}): Call => {
  const fetch = async () => Response.json({ ...chat, id: "c1", object: "chat.completion", created: 1 });
  const options = { fetch: fetch as typeof globalThis.fetch, debug: false, ...more };
  const service = ai({ name: "openai", apiKey: "k", config: { stream: false }, options });
  const { forward } = AxGen.prototype;
  record(service);
  const { forward: used } = AxGen.prototype;
  AxGen.prototype.forward = forward;
  return {
    begin: () => {
      AxGen.prototype.forward = used;
    },
    run: () => program.forward(service, { question: "Do rabbits dig?" }, { stream: false }),
  };
};

const sources: Record<string, Record<string, Call>> = {
  "OpenAI 6": { bare: openai((client) => client), recorded: openai(recordOpenAI) },
  "Anthropic 1": { bare: anthropic((client) => client), recorded: anthropic(recordAnthropic) },
  "AI SDK 6": {
    bare: () => generateText({ model: mock, prompt: "Do rabbits dig?" }),
    recorded: () => generateText({ model: wrapped, prompt: "Do rabbits dig?" }),
    "its own telemetry": () =>
      generateText({
        model: mock,
        prompt: "Do rabbits dig?",
        experimental_telemetry: { isEnabled: true, tracer: ownTracer },
      }),
  },
  LangChain: {
    bare: () => model.invoke("Do rabbits dig?"),
    recorded: () => model.invoke("Do rabbits dig?", { callbacks: [langchain()] }),
    "its own tracer": () =>
      model.invoke("Do rabbits dig?", { callbacks: [new RunCollectorCallbackHandler()] }),
  },
  "Ax 24": {
    bare: axWith({}),
    recorded: axWith({}, (service) => recordAx({ AxGen, ai: service })),
    "its own spans": axWith({ tracer: ownTracer }),
  },
  "OpenTelemetry 2": {
    bare: spans(new BasicTracerProvider().getTracer("bench")),
    recorded: spans(tracerOf(new StreamllSpanProcessor())),
    "its own exporter": spans(tracerOf(new SimpleSpanProcessor(exporter()))),
  },
};

/** An exporter that keeps nothing. */
function exporter(): InMemorySpanExporter {
  const kept = new InMemorySpanExporter();
  const { export: give } = kept;
  kept.export = (batch, result) => {
    Reflect.apply(give, kept, [batch, result]);
    kept.reset();
  };
  return kept;
}

for (const [name, ways] of Object.entries(sources)) console.log(lineOf(name, await leastOf(ways, 400)));
const newer = await onNewerNode<Record<string, Costs>>(new URL("overhead-on-newer-node.ts", import.meta.url));
for (const [name, costs] of Object.entries(newer)) console.log(lineOf(name, costs));
process.exit();
