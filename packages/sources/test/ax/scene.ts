import { ai, ax, flow } from "@ax-llm/ax";
import { trace } from "@streamll/core";
import { type Answer, stubbedFetch } from "../stubbed-fetch.js";

const usage = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 };
const head = { id: "c1", object: "chat.completion", created: 1, model: "gpt-5-2026" };

const chat = (message: object, finish_reason = "stop"): Answer => ({
  json: {
    ...head,
    usage,
    choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason }],
  },
});
const answer = () => chat({ content: "Answer: Rabbits dig." });
const asking = () =>
  chat(
    {
      content: null,
      tool_calls: [
        { id: "t1", type: "function", function: { name: "search", arguments: '{"query":"rabbits"}' } },
      ],
    },
    "tool_calls",
  );
const chunk = (delta: object, finish_reason: string | null = null) =>
  [
    undefined,
    { ...head, object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason }] },
  ] as const;
const streamed = (): Answer => ({
  events: [
    chunk({ role: "assistant", content: "Answer: " }),
    chunk({ content: "Rabbits" }),
    chunk({ content: " dig." }),
    chunk({}, "stop"),
    [undefined, { ...head, object: "chat.completion.chunk", choices: [], usage }],
    [undefined, "[DONE]"],
  ],
});

export type RecordService = <T extends object>(service: T) => T;

const serviceOf = (record: RecordService, ...answers: Answer[]) =>
  record(
    ai({
      name: "openai",
      apiKey: "secret",
      config: { stream: false },
      options: { fetch: stubbedFetch(...answers), debug: false, retry: { initialDelayMs: 1 } },
    }),
  );

const question = { question: "Do rabbits dig?" };
const search = {
  name: "search",
  description: "searches the books of the library",
  parameters: {
    type: "object" as const,
    properties: { query: { type: "string" as const, description: "of what" } },
  },
  func: async ({ query }: { query: string }) => `a book on ${query}`,
};

/** Each of these is a run of its own. */
export const runs: Record<string, (record: RecordService) => Promise<unknown>> = {
  async "a program"(record) {
    return ax("question:string -> answer:string").forward(serviceOf(record, answer()), question, {
      stream: false,
    });
  },
  async "a program with a tool"(record) {
    const program = ax("question:string -> answer:string", { functions: [search] });
    return program.forward(serviceOf(record, asking(), answer()), question, { stream: false });
  },
  async "a stream that is read to its end"(record) {
    const program = ax("question:string -> answer:string");
    let text = "";
    for await (const { delta } of program.streamingForward(serviceOf(record, streamed()), question))
      text += delta.answer ?? "";
    return text;
  },
  async "a stream that is broken off"(record) {
    const program = ax("question:string -> answer:string");
    for await (const { delta } of program.streamingForward(serviceOf(record, streamed()), question))
      return delta;
    return undefined;
  },
  async "a program that throws"(record) {
    return ax("question:string -> answer:string")
      .forward(serviceOf(record, { status: 400 }), question, { stream: false })
      .catch((error: Error) => error instanceof Error);
  },
  async "a program whose answer does not fit, and that asks again"(record) {
    const bad = chat({ content: "Books: many" });
    const program = ax("question:string -> books:number");
    const service = serviceOf(record, bad, chat({ content: "Books: 3" }));
    return program.forward(service, question, { stream: false });
  },
  async "a call that is tried again"(record) {
    const service = serviceOf(record, { status: 503 }, answer());
    return ax("question:string -> answer:string").forward(service, question, { stream: false });
  },
  async "a tool whose code records calls of its own"(record) {
    const func = async (args: { query: string }) => trace("index", () => search.func(args));
    const program = ax("question:string -> answer:string", { functions: [{ ...search, func }] });
    return program.forward(serviceOf(record, asking(), answer()), question, { stream: false });
  },
  async "a flow"(record) {
    const made = flow<{ question: string }, { answer: string }>()
      .node("ask", "question:string -> answer:string")
      .execute("ask", ({ question }) => ({ question }))
      .map(({ askResult }) => ({ answer: askResult.answer }));
    return made.forward(serviceOf(record, answer()), question, { stream: false });
  },
};
