// Measures for overhead.ts the frameworks that need Node 22. Prints the costs as JSON.
import { configure } from "@streamll/core";
import { aiSdk } from "../../src/ai-sdk/index.js";
import { StreamllExporter } from "../../src/mastra/index.js";
import { openaiAgents } from "../../src/openai-agents/index.js";
import { load } from "../not-installed.js";
import { type Call, type Costs, leastOf } from "./least.js";

const { generateText } = await load("ai");
const { MockLanguageModelV4 } = await load("ai/test");
const { OpenTelemetry } = await load("@ai-sdk/otel");
const { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } = await load("@opentelemetry/sdk-trace");
const agents = await load("@openai/agents-core");
const { OpenAIChatCompletionsModel } = await load("@openai/agents-openai");
const { default: OpenAI } = await load("openai");
const { Mastra } = await load("@mastra/core");
const { Agent } = await load("@mastra/core/agent");
const { Observability } = await load("@mastra/observability");

const done = { sent: 0, failed: 0, dropped: 0, rejected: 0, pending: 0, durationMs: 0 } as never;
configure({ sinks: [{ handleEvent: () => true, flush: async () => done, stop: async () => done }] });

const question = "Do rabbits dig?";

/** The model for all ways of AI SDK and Mastra. */
const mock = new MockLanguageModelV4({
  doGenerate: async () => ({
    content: [{ type: "text", text: "Rabbits dig." }],
    finishReason: { unified: "stop", raw: "stop" },
    usage: { inputTokens: { total: 10 }, outputTokens: { total: 2 } },
    warnings: [],
  }),
});

function tracer(): unknown {
  const exporter = new InMemorySpanExporter();
  const give = exporter.export;
  exporter.export = (...args: unknown[]) => {
    Reflect.apply(give, exporter, args);
    exporter.reset();
  };
  return new TracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).getTracer("bench");
}
const generate =
  (telemetry: object): Call =>
  () =>
    generateText({ model: mock, prompt: question, telemetry });

const chat = {
  id: "c1",
  object: "chat.completion",
  created: 1,
  model: "m",
  choices: [{ index: 0, message: { role: "assistant", content: "Rabbits dig." }, finish_reason: "stop" }],
  usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
};
const client = new OpenAI({ apiKey: "k", fetch: async () => Response.json(chat) });
const agent = new agents.Agent({ name: "Librarian", model: new OpenAIChatCompletionsModel(client, "m") });
const runs = (...processors: object[]): Call => ({
  begin() {
    agents.setTracingDisabled(processors.length === 0);
    agents.setTraceProcessors(processors);
  },
  run: () => agents.run(agent, question),
});

const mastra = (...exporters: object[]): Call => {
  const librarian = new Agent({ id: "librarian", name: "Librarian", instructions: "Be brief.", model: mock });
  const configs = { default: { serviceName: "library", exporters } };
  const made = new Mastra({
    agents: { librarian },
    logger: false,
    ...(exporters.length > 0 && { observability: new Observability({ configs }) }),
  });
  const its = made.getAgent("librarian");
  return () => its.generate(question);
};
const nowhere = { name: "nowhere", exportTracingEvent() {}, flush: async () => {}, shutdown: async () => {} };

const sources: Record<string, Record<string, Call>> = {
  "AI SDK 7": {
    bare: generate({ isEnabled: false }),
    recorded: generate({ integrations: [aiSdk()] }),
    "its own telemetry": generate({ integrations: [new OpenTelemetry({ tracer: tracer() })] }),
  },
  "OpenAI Agents 0.20": {
    bare: runs(),
    recorded: runs(openaiAgents()),
    "its own tracing": runs(new agents.BatchTraceProcessor({ export: async () => {} })),
  },
  "Mastra 1": {
    bare: mastra(),
    recorded: mastra(new StreamllExporter()),
    "its own tracing": mastra(nowhere),
  },
};

const costs: Record<string, Costs> = {};
for (const [name, ways] of Object.entries(sources)) costs[name] = await leastOf(ways, 100);
console.log(JSON.stringify(costs));
process.exit();
