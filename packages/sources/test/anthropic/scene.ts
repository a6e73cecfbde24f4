import Anthropic from "@anthropic-ai/sdk";
import { type Answer, stubbedFetch } from "../stubbed-fetch.js";

export type RecordClient = <T extends object>(client: T) => T;

const usage = {
  input_tokens: 10,
  output_tokens: 2,
  cache_read_input_tokens: 4,
  cache_creation_input_tokens: 1,
};
const head = { id: "m1", type: "message", role: "assistant", model: "claude-5-2026", stop_sequence: null };

const message = (content: object[], stop_reason = "end_turn"): Answer => ({
  json: { ...head, content, stop_reason, usage },
});
const text = { type: "text", text: "Rabbits dig." };
const toolUse = { type: "tool_use", id: "t1", name: "search", input: { query: "rabbits" } };

function events(...list: object[]): Answer {
  return { events: list.map((event) => [(event as { type: string }).type, event]) };
}

const began = {
  type: "message_start",
  message: { ...head, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } },
};
const ended = (stop_reason: string) => [
  { type: "message_delta", delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 2 } },
  { type: "message_stop" },
];

const streamed = (...pieces: string[]): Answer =>
  events(
    began,
    {
      type: "content_block_start",
      index: 0,
      content_block: { type: "thinking", thinking: "", signature: "" },
    },
    { type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: "hm" } },
    { type: "content_block_stop", index: 0 },
    { type: "content_block_start", index: 1, content_block: { type: "text", text: "" } },
    ...pieces.map((piece) => ({
      type: "content_block_delta",
      index: 1,
      delta: { type: "text_delta", text: piece },
    })),
    { type: "content_block_stop", index: 1 },
    ...ended("end_turn"),
  );

const streamedTool = (): Answer =>
  events(
    began,
    { type: "content_block_start", index: 0, content_block: { ...toolUse, input: {} } },
    { type: "content_block_delta", index: 0, delta: { type: "input_json_delta", partial_json: '{"query":' } },
    {
      type: "content_block_delta",
      index: 0,
      delta: { type: "input_json_delta", partial_json: '"rabbits"}' },
    },
    { type: "content_block_stop", index: 0 },
    ...ended("tool_use"),
  );

const request = {
  model: "claude-5",
  max_tokens: 100,
  messages: [{ role: "user" as const, content: "Do rabbits dig?" }],
};

/** Each of these is a run of its own. */
export const runs: Record<string, (record: RecordClient) => Promise<unknown>> = {
  async "a message"(record) {
    return (await clientOf(record, message([text])).messages.create(request)).content;
  },
  async "a message, by withResponse"(record) {
    const { data, response } = await clientOf(record, message([text]))
      .messages.create(request)
      .withResponse();
    return [data.content, response.status];
  },
  async "a message that calls a tool"(record) {
    return (await clientOf(record, message([toolUse], "tool_use")).messages.create(request)).content;
  },
  async "a stream that is read to its end"(record) {
    const pieces: string[] = [];
    const stream = await clientOf(record, streamed("Rab", "bits", " dig.")).messages.create({
      ...request,
      stream: true,
    });
    for await (const event of stream)
      if (event.type === "content_block_delta" && event.delta.type === "text_delta")
        pieces.push(event.delta.text);
    return pieces;
  },
  async "a stream that is broken off"(record) {
    const stream = await clientOf(record, streamed("Rab", "bits", " dig.")).messages.create({
      ...request,
      stream: true,
    });
    for await (const event of stream)
      if (event.type === "content_block_delta" && event.delta.type === "text_delta") return event.delta.text;
    return undefined;
  },
  async "a stream that calls a tool"(record) {
    const stream = clientOf(record, streamedTool()).messages.stream(request);
    return (await stream.finalMessage()).content;
  },
  async "the helper for streams, by listeners"(record) {
    const pieces: string[] = [];
    const stream = clientOf(record, streamed("Rab", "bits", " dig.")).messages.stream(request);
    stream.on("text", (piece) => pieces.push(piece));
    await stream.done();
    return pieces;
  },
  async "the helper for streams, by iteration"(record) {
    const types: string[] = [];
    const stream = clientOf(record, streamed("Rab", "bits", " dig.")).messages.stream(request);
    for await (const { type } of stream) types.push(type);
    return types.length;
  },
  async "the helper for streams, aborted"(record) {
    const stream = clientOf(record, streamed("Rab", "bits", " dig.")).messages.stream(request);
    stream.on("text", () => stream.abort());
    return stream.finalMessage().catch(({ name }: Error) => name);
  },
  async "a stream with an error in it"(record) {
    const answer = events(began, {
      type: "error",
      error: { type: "overloaded_error", message: "overloaded" },
    });
    const stream = clientOf(record, answer).messages.stream(request);
    return stream.finalMessage().catch(({ message }: Error) => message.includes("overloaded"));
  },
  async "a call that is refused"(record) {
    return clientOf(record, { status: 400 })
      .messages.create(request)
      .catch(({ status }: { status: number }) => status);
  },
  async "a call that is tried again"(record) {
    return (await clientOf(record, { status: 503 }, message([text])).messages.create(request)).model;
  },
};

function clientOf(record: RecordClient, ...answers: Answer[]): Anthropic {
  return record(new Anthropic({ apiKey: "secret", fetch: stubbedFetch(...answers) }));
}
