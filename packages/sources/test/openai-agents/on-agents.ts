import { emit, trace } from "@streamll/core";
import { openaiAgents, recordTokens } from "../../src/openai-agents/index.js";
import { load } from "../not-installed.js";
import { runTwice } from "../run-twice.js";
import { type Answer, stubbedFetch } from "../stubbed-fetch.js";

const agents = await load("@openai/agents-core");
const { OpenAIChatCompletionsModel, OpenAIResponsesModel } = await load("@openai/agents-openai");
const { default: OpenAI } = await load("openai");
const { z } = await load("zod");

agents.setTraceProcessors([]);
agents.setTracingDisabled(false);

const usage = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 };
const head = { id: "c1", object: "chat.completion", created: 1, model: "gpt-5-2026", usage };
const message = (more: object, finish_reason = "stop"): Answer => ({
  json: {
    ...head,
    choices: [
      { index: 0, message: { role: "assistant", content: null, refusal: null, ...more }, finish_reason },
    ],
  },
});
const answer = message({ content: "Rabbits dig." });
const asking = (name = "search", args = '{"query":"rabbits"}') =>
  message(
    { tool_calls: [{ id: "t1", type: "function", function: { name, arguments: args } }] },
    "tool_calls",
  );
const chunk = (delta: object, finish_reason: string | null = null, more: object = {}) =>
  [
    undefined,
    {
      ...head,
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta, finish_reason }],
      usage: null,
      ...more,
    },
  ] as const;
const streamed: Answer = {
  events: [
    ...["Rab", "bits", " dig."].map((content) => chunk({ content })),
    chunk({}, "stop"),
    chunk({}, null, { choices: [], usage }),
    [undefined, "[DONE]"],
  ],
};
const wholeResponse = {
  id: "r1",
  object: "response",
  model: "gpt-5-2026",
  status: "completed",
  output: [
    {
      type: "message",
      id: "m1",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: "Rabbits dig.", annotations: [] }],
    },
  ],
  usage: {
    input_tokens: 10,
    output_tokens: 2,
    total_tokens: 12,
    input_tokens_details: { cached_tokens: 4 },
    output_tokens_details: { reasoning_tokens: 1 },
  },
};
const response: Answer = { json: wholeResponse };

const search = agents.tool({
  name: "search",
  description: "searches",
  parameters: z.object({ query: z.string() }),
  execute: async ({ query }: { query: string }) => `a book on ${query}`,
});
const broken = agents.tool({
  name: "broken",
  description: "breaks",
  parameters: z.object({}),
  errorFunction: null,
  execute: async () => {
    throw new RangeError("no such book");
  },
});
const find = agents.tool({
  name: "find",
  description: "finds",
  parameters: z.object({ query: z.string() }),
  execute: async ({ query }: { query: string }) => {
    emit("found", { data: { query } });
    return trace("index", async () => {
      await later(query === "rabbits" ? 5 : 1);
      return (await agents.run(agentOf([answer], { name: "Reader" }), query)).finalOutput;
    });
  },
});
const askingTwice = message(
  {
    tool_calls: ["rabbits", "foxes"].map((query) => ({
      id: query,
      type: "function",
      function: { name: "find", arguments: JSON.stringify({ query }) },
    })),
  },
  "tool_calls",
);
const responseStreamed: Answer = {
  events: [
    ["response.created", { type: "response.created", response: { ...wholeResponse, output: [] } }],
    ...["Rab", "bits", " dig."].map(
      (delta) =>
        [
          "response.output_text.delta",
          {
            type: "response.output_text.delta",
            item_id: "m1",
            output_index: 0,
            content_index: 0,
            delta,
            logprobs: [],
          },
        ] as const,
    ),
    ["response.completed", { type: "response.completed", response: wholeResponse }],
  ],
};
const clientOf = (answers: Answer[]) => new OpenAI({ apiKey: "secret", fetch: stubbedFetch(...answers) });
const agentOf = (answers: Answer[], more: object = {}) =>
  new agents.Agent({
    name: "Librarian",
    instructions: "Be brief.",
    model: new OpenAIChatCompletionsModel(clientOf(answers), "gpt-5"),
    ...more,
  });
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const question = "Do rabbits dig?";

console.log(
  JSON.stringify(
    await runTwice(
      {
        async "an answer by a tool"() {
          const agent = agentOf([asking(), answer], { tools: [search] });
          return (await agents.run(agent, question)).finalOutput;
        },
        async "an answer by the responses of OpenAI"() {
          const model = new OpenAIResponsesModel(clientOf([response]), "gpt-5");
          return (await agents.run(agentOf([], { model }), question)).finalOutput;
        },
        async "a stream that is read to its end"() {
          const result = await agents.run(agentOf([streamed]), question, { stream: true });
          let text = "";
          for await (const piece of result.toTextStream()) text += piece;
          await result.completed;
          return text;
        },
        async "a stream of the responses of OpenAI"() {
          const model = new OpenAIResponsesModel(clientOf([responseStreamed]), "gpt-5");
          const result = await agents.run(agentOf([], { model }), question, { stream: true });
          let text = "";
          for await (const piece of result.toTextStream()) text += piece;
          await result.completed;
          return text;
        },
        async "tools at once whose code records calls of its own"() {
          const agent = agentOf([askingTwice, answer], { tools: [find] });
          return (await agents.run(agent, question)).finalOutput;
        },
        async "a stream that is broken off"() {
          const result = await agents.run(agentOf([streamed]), question, { stream: true });
          for await (const _ of result) break;
          await later(30);
          return "broken off";
        },
        async "a handoff"() {
          const writer = agentOf([answer], { name: "Writer" });
          const agent = agentOf([asking("transfer_to_Writer", "{}")], { handoffs: [writer] });
          return (await agents.run(agent, question)).finalOutput;
        },
        async "a call that throws"() {
          return agents.run(agentOf([{ status: 400 }]), question).catch(({ message }: Error) => message);
        },
        async "a call that is tried again"() {
          return (await agents.run(agentOf([{ status: 503 }, answer]), question)).finalOutput;
        },
        async "a tool that throws"() {
          const agent = agentOf([asking("broken", "{}")], { tools: [broken] });
          return agents.run(agent, question).catch(({ message }: Error) => message.length > 0);
        },
        async "two runs at once"() {
          const run = () => agents.run(agentOf([asking(), answer], { tools: [search] }), question);
          return (await Promise.all([run(), run()])).map(({ finalOutput }) => finalOutput);
        },
      },
      () => {
        agents.addTraceProcessor(openaiAgents());
        recordTokens(OpenAIResponsesModel, OpenAIChatCompletionsModel);
        recordTokens(OpenAIResponsesModel);
      },
    ),
  ),
);
process.exit();
