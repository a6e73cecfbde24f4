import type OpenAI from "openai";
import { type Answer, stubbedFetch } from "../stubbed-fetch.js";

export interface Sdk {
  readonly OpenAI: typeof OpenAI;
  readonly record: <T extends object>(client: T) => T;
}

const usage = {
  prompt_tokens: 10,
  completion_tokens: 2,
  total_tokens: 12,
  prompt_tokens_details: { cached_tokens: 4 },
  completion_tokens_details: { reasoning_tokens: 1 },
};
const head = { id: "c1", object: "chat.completion", created: 1, model: "gpt-5-2026" };

const chat = (content: string | null, more: object = {}, finish_reason = "stop"): Answer => ({
  json: {
    ...head,
    choices: [{ index: 0, message: { role: "assistant", content, refusal: null, ...more }, finish_reason }],
    usage,
  },
});

const chatStream = (...pieces: string[]): Answer => {
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    ...head,
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta, finish_reason }],
    usage: null,
  });
  return {
    events: [
      [undefined, chunk({ role: "assistant", content: "" })],
      ...pieces.map((content) => [undefined, chunk({ content })] as const),
      [undefined, chunk({}, "stop")],
      [undefined, { ...chunk({}), choices: [], usage }],
      [undefined, "[DONE]"],
    ],
  };
};

const toolCall = {
  id: "t1",
  type: "function",
  function: { name: "search", arguments: '{"query":"rabbits"}' },
};

const response = {
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

const responseEvents = (): Answer => {
  const place = { item_id: "m1", output_index: 0, content_index: 0 };
  const events = [
    { type: "response.created", response: { ...response, status: "in_progress", output: [], usage: null } },
    { type: "response.output_item.added", output_index: 0, item: { ...response.output[0], content: [] } },
    {
      type: "response.content_part.added",
      ...place,
      part: { type: "output_text", text: "", annotations: [] },
    },
    { type: "response.output_text.delta", ...place, delta: "Rabbits" },
    { type: "response.output_text.delta", ...place, delta: " dig." },
    { type: "response.output_text.done", ...place, text: "Rabbits dig." },
    { type: "response.content_part.done", ...place, part: response.output[0]!.content[0] },
    { type: "response.output_item.done", output_index: 0, item: response.output[0] },
    { type: "response.completed", response },
  ];
  return { events: events.map((event, sequence_number) => [event.type, { ...event, sequence_number }]) };
};

const request = { model: "gpt-5", messages: [{ role: "user" as const, content: "Do rabbits dig?" }] };
const asking = { model: "gpt-5", input: "Do rabbits dig?" };
const streamed = { ...request, stream: true as const, stream_options: { include_usage: true } };

/** Each of these is a run of its own. */
export const runs: Record<string, (sdk: Sdk) => Promise<unknown>> = {
  async chat(sdk) {
    return (await clientOf(sdk, chat("Rabbits dig.")).chat.completions.create(request)).choices[0]?.message
      .content;
  },
  async "chat, by withResponse"(sdk) {
    const { data, response } = await clientOf(sdk, chat("Rabbits dig."))
      .chat.completions.create(request)
      .withResponse();
    return [data.choices.length, response.status];
  },
  async "chat, by asResponse"(sdk) {
    const response = await clientOf(sdk, chat("Rabbits dig.")).chat.completions.create(request).asResponse();
    return ((await response.json()) as { model: string }).model;
  },
  async "chat, by catch"(sdk) {
    return (
      await clientOf(sdk, chat("Rabbits dig."))
        .chat.completions.create(request)
        .catch(() => undefined)
    )?.model;
  },
  async "chat, by parse"(sdk) {
    const parsed = await clientOf(sdk, chat('{"dig":true}')).chat.completions.parse(request);
    return parsed.choices[0]?.message.content;
  },
  async "chat, as a stream that is read to its end"(sdk) {
    let text = "";
    const stream = await clientOf(sdk, chatStream("Rab", "bits", " dig.")).chat.completions.create(streamed);
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
    return text;
  },
  async "chat, as a stream that is teed"(sdk) {
    const stream = await clientOf(sdk, chatStream("Rab", "bits", " dig.")).chat.completions.create(streamed);
    const texts = stream.tee().map(async (branch) => {
      let text = "";
      for await (const chunk of branch) text += chunk.choices[0]?.delta.content ?? "";
      return text;
    });
    return Promise.all(texts);
  },
  async "chat, as a web stream"(sdk) {
    const stream = await clientOf(sdk, chatStream("Rab", "bits", " dig.")).chat.completions.create(streamed);
    return (await new Response(stream.toReadableStream()).text()).split("\n").length;
  },
  async "chat, as a stream that is broken off"(sdk) {
    const stream = await clientOf(sdk, chatStream("Rab", "bits", " dig.")).chat.completions.create(streamed);
    for await (const chunk of stream)
      if (chunk.choices[0]?.delta.content) return chunk.choices[0].delta.content;
    return undefined;
  },
  async "chat, as a stream that is aborted"(sdk) {
    const stream = await clientOf(sdk, chatStream("Rab", "bits", " dig.")).chat.completions.create(streamed);
    let text = "";
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      if (text !== "") stream.controller.abort();
    }
    return text;
  },
  async "chat, by the helper for streams"(sdk) {
    const helper = clientOf(sdk, chatStream("Rab", "bits", " dig.")).chat.completions.stream({
      ...request,
      stream_options: { include_usage: true },
    });
    const pieces: string[] = [];
    helper.on("content", (piece) => pieces.push(piece));
    return [(await helper.finalChatCompletion()).choices[0]?.message.content, pieces];
  },
  async "chat, by tools that run"(sdk) {
    const client = clientOf(sdk, chat(null, { tool_calls: [toolCall] }, "tool_calls"), chat("Rabbits dig."));
    const runner = client.chat.completions.runTools({
      ...request,
      tools: [
        {
          type: "function",
          function: {
            name: "search",
            description: "searches",
            parameters: { type: "object", properties: { query: { type: "string" } } },
            parse: JSON.parse as never,
            function: ({ query }: { query: string }) => `a book on ${query}`,
          },
        } as never,
      ],
    });
    return runner.finalContent();
  },
  async responses(sdk) {
    return (await clientOf(sdk, { json: response }).responses.create(asking)).output_text;
  },
  async "responses, as a stream"(sdk) {
    let text = "";
    const stream = await clientOf(sdk, responseEvents()).responses.create({ ...asking, stream: true });
    for await (const event of stream) if (event.type === "response.output_text.delta") text += event.delta;
    return text;
  },
  async "responses, by the helper for streams"(sdk) {
    return (await clientOf(sdk, responseEvents()).responses.stream(asking).finalResponse()).output_text;
  },
  async embeddings(sdk) {
    const json = {
      object: "list",
      model: "embed-1",
      data: [{ object: "embedding", index: 0, embedding: [0.5, 0.25] }],
      usage: { prompt_tokens: 3, total_tokens: 3 },
    };
    const client = clientOf(sdk, { json });
    const made = await client.embeddings.create({
      model: "embed-1",
      input: "rabbits",
      encoding_format: "float",
    });
    return made.data[0]?.embedding;
  },
  async "a call that is refused"(sdk) {
    return clientOf(sdk, { status: 400 })
      .chat.completions.create(request)
      .catch(({ status }: { status: number }) => status);
  },
  async "a call that is tried again"(sdk) {
    return (await clientOf(sdk, { status: 503 }, chat("Rabbits dig.")).chat.completions.create(request))
      .model;
  },
  async "a client by withOptions"(sdk) {
    const client = clientOf(sdk, chat("Rabbits dig.")).withOptions({ timeout: 1000 });
    return (await client.chat.completions.create(request)).model;
  },
};

function clientOf({ OpenAI, record }: Sdk, ...answers: Answer[]): OpenAI {
  return record(new OpenAI({ apiKey: "secret", fetch: stubbedFetch(...answers) }));
}
