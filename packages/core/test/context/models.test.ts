import { describe, expect, it } from "vitest";
import { instrument, trace } from "../../src/index.js";
import { record } from "./recorder.js";

/** What the events show of a call that yields these chunks. */
async function streamed(chunks: readonly unknown[], request: unknown = { model: "asked" }) {
  const recorder = record({ tokens: "each" });
  const create = instrument(
    async function* create(_: unknown) {
      yield* chunks;
    },
    { kind: "llm" },
  );
  for await (const _ of create(request));
  const tokens = recorder.all("token").map(({ data }) => data.token);
  return { tokens, start: recorder.one("llm_start").data, end: recorder.one("llm_end").data };
}

/** What the events show of a call that returns this answer. */
async function answered(answer: unknown, request: unknown = { model: "asked" }) {
  const recorder = record();
  await trace("create", { kind: "llm", inputs: [request] }, async () => answer);
  return { start: recorder.one("llm_start").data, end: recorder.one("llm_end").data };
}

describe("the text of a stream", () => {
  it("of OpenAI's Responses API is recorded once, without the model's reasoning", async () => {
    const { tokens, end } = await streamed([
      { type: "response.created", response: { model: "gpt", status: "in_progress", output: [] } },
      { type: "response.reasoning_summary_text.delta", delta: "thinking" },
      { type: "response.reasoning_summary_text.done", text: "thinking" },
      { type: "response.reasoning_text.done", text: "thinking" },
      { type: "response.output_text.delta", delta: "He" },
      { type: "response.output_text.delta", delta: "y" },
      { type: "response.output_text.done", text: "Hey" },
      { type: "response.content_part.done", part: { type: "output_text", text: "Hey" } },
      {
        type: "response.completed",
        response: {
          model: "gpt-5",
          status: "completed",
          output: [{ type: "message", content: [{ type: "output_text", text: "Hey" }] }],
          usage: {
            input_tokens: 9,
            input_tokens_details: { cached_tokens: 4 },
            output_tokens: 5,
            output_tokens_details: { reasoning_tokens: 3 },
            total_tokens: 14,
          },
        },
      },
    ]);
    expect(tokens).toEqual(["He", "y"]);
    expect(end).toMatchObject({
      model: "gpt-5",
      outputs: "Hey",
      finish_reason: "completed",
      usage: {
        input_tokens: 9,
        output_tokens: 5,
        total_tokens: 14,
        cache_read_tokens: 4,
        reasoning_tokens: 3,
      },
    });
  });

  it.each<[string, unknown[]]>([
    [
      "AI SDK 5 to 7, from the program's side",
      [
        { type: "start" },
        { type: "text-start", id: "1" },
        { type: "reasoning-delta", id: "0", text: "hm" },
        { type: "text-delta", id: "1", text: "Hey" },
        { type: "text-end", id: "1" },
      ],
    ],
    [
      "AI SDK 5 to 7, from a provider's",
      [
        { type: "reasoning-delta", id: "0", delta: "hm" },
        { type: "text-delta", id: "1", delta: "Hey" },
      ],
    ],
    [
      "Google, with thoughts",
      [
        { candidates: [{ content: { parts: [{ text: "hm", thought: true }] } }] },
        { candidates: [{ content: { parts: [{ text: "Hey" }] } }] },
        { candidates: [{ content: { parts: [{ text: "" }] }, finishReason: "STOP" }] },
      ],
    ],
    ["Mistral", [{ data: { choices: [{ delta: { content: "Hey" } }] } }]],
    ["Cohere", [{ type: "content-delta", delta: { message: { content: { text: "Hey" } } } }]],
    ["Bedrock", [{ contentBlockDelta: { delta: { text: "Hey" }, contentBlockIndex: 0 } }]],
    [
      "Ollama",
      [
        { message: { role: "assistant", content: "Hey" }, done: false },
        { message: { content: "" }, done: true },
      ],
    ],
    ["Ax", [{ results: [{ content: "Hey" }] }]],
    ["LangChain", [{ content: "Hey", tool_calls: [] }, { content: [{ type: "text", text: "" }] }]],
    ["Anthropic, with thinking", [{ delta: { thinking: "hm" } }, { delta: { text: "Hey" } }]],
  ])("is recognised from %s", async (_, chunks) => {
    const { tokens, end } = await streamed(chunks);
    expect(tokens).toEqual(["Hey"]);
    expect(end).toMatchObject({ outputs: "Hey", token_count: 1 });
  });
});

describe("an error within a stream", () => {
  it.each<[string, object, object]>([
    ["AI SDK", { type: "error", error: new RangeError("overloaded") }, { error_type: "RangeError" }],
    [
      "OpenAI's responses",
      { type: "error", code: "server_error", message: "overloaded" },
      { code: "server_error" },
    ],
    [
      "OpenAI's responses that fail",
      { type: "response.failed", response: { error: { code: "server_error", message: "overloaded" } } },
      { code: "server_error" },
    ],
  ])(
    "of %s ends the call with that error, even if the stream then ends without throwing",
    async (_, chunk, expected) => {
      const recorder = record();
      const create = instrument(
        async function* create() {
          yield "Hey";
          yield chunk;
        },
        { kind: "llm" },
      );
      for await (const _ of create());
      expect(recorder.types).toEqual(["llm_start", "token", "error"]);
      expect(recorder.one("error").data).toMatchObject({
        error_message: "overloaded",
        token_count: 1,
        ...expected,
      });
    },
  );
});

describe("model, usage and finish reason", () => {
  const usage = { input_tokens: 10, output_tokens: 2 };

  it.each<[string, unknown, object]>([
    [
      "OpenAI's chat",
      {
        model: "m",
        choices: [{ finish_reason: "length" }],
        usage: {
          prompt_tokens: 10,
          completion_tokens: 2,
          prompt_tokens_details: { cached_tokens: 8 },
          completion_tokens_details: { reasoning_tokens: 1 },
        },
      },
      { usage: { ...usage, cache_read_tokens: 8, reasoning_tokens: 1 }, finish_reason: "length" },
    ],
    [
      "Anthropic",
      {
        model: "m",
        stop_reason: "tool_use",
        usage: {
          input_tokens: 10,
          output_tokens: 2,
          cache_read_input_tokens: 7,
          cache_creation_input_tokens: 3,
        },
      },
      { usage: { ...usage, cache_read_tokens: 7, cache_write_tokens: 3 }, finish_reason: "tool_use" },
    ],
    [
      "Google",
      {
        modelVersion: "m",
        candidates: [{ finishReason: "STOP" }],
        usageMetadata: {
          promptTokenCount: 10,
          candidatesTokenCount: 2,
          thoughtsTokenCount: 5,
          cachedContentTokenCount: 4,
        },
      },
      { usage: { ...usage, reasoning_tokens: 5, cache_read_tokens: 4 }, finish_reason: "STOP" },
    ],
    [
      "AI SDK 7",
      {
        response: { modelId: "m" },
        usage: { inputTokens: { total: 10, cacheWrite: 1 }, outputTokens: { total: 2, reasoning: 1 } },
        finishReason: { unified: "stop", raw: "end_turn" },
      },
      { usage: { ...usage, cache_write_tokens: 1, reasoning_tokens: 1 }, finish_reason: "stop" },
    ],
    [
      "LangChain",
      {
        usage_metadata: { input_tokens: 10, output_tokens: 2, input_token_details: { cache_read: 6 } },
        response_metadata: { model_name: "m", finish_reason: "stop" },
      },
      { usage: { ...usage, cache_read_tokens: 6 }, finish_reason: "stop" },
    ],
    [
      "Bedrock",
      {
        usage: { inputTokens: 10, outputTokens: 2, cacheReadInputTokens: 6 },
        stopReason: "end_turn",
        modelId: "m",
      },
      { usage: { ...usage, cache_read_tokens: 6 }, finish_reason: "end_turn" },
    ],
    [
      "Ollama",
      { model: "m", prompt_eval_count: 10, eval_count: 2, done_reason: "stop" },
      { usage, finish_reason: "stop" },
    ],
    [
      "Ax",
      {
        results: [{ content: "Hey", finishReason: "stop" }],
        modelUsage: { ai: "openai", model: "m", tokens: { promptTokens: 10, completionTokens: 2 } },
      },
      { usage, finish_reason: "stop" },
    ],
    ["Cohere", { model: "m", usage: { tokens: { input_tokens: 10, output_tokens: 2 } } }, { usage }],
  ])("are recognised in an answer of %s", async (_, answer, expected) => {
    expect((await answered(answer)).end).toMatchObject({ model: "m", ...expected });
  });

  it.each<[string, unknown]>([
    ["Bedrock", { modelId: "asked" }],
    ["a command of Bedrock", { input: { modelId: "asked" } }],
    ["AI SDK", { model: { modelId: "asked", provider: "openai" } }],
  ])("are recognised in a request of %s", async (_, request) => {
    expect((await answered("text", request)).start.model).toBe("asked");
  });

  it("are taken from the last chunk that has them", async () => {
    const { end } = await streamed([
      { type: "message_start", message: { model: "m", usage: { input_tokens: 10, output_tokens: 1 } } },
      { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 2 } },
    ]);
    expect(end).toMatchObject({ model: "m", usage, finish_reason: "end_turn" });
  });

  it("are not taken from the messages of a request, which may contain tool calls", async () => {
    const request = { model: "m", messages: [{ content: [{ type: "tool_use", id: "t", name: "n" }] }] };
    expect((await answered("text", request)).end.tool_calls).toBeUndefined();
  });
});

describe("tool calls", () => {
  const expected = [{ tool_call_id: "t1", name: "search", arguments: { q: "rabbits" } }];

  it.each<[string, unknown]>([
    [
      "OpenAI's chat",
      {
        choices: [
          {
            message: {
              tool_calls: [{ id: "t1", function: { name: "search", arguments: '{"q":"rabbits"}' } }],
            },
          },
        ],
      },
    ],
    [
      "OpenAI's responses",
      { output: [{ type: "function_call", call_id: "t1", name: "search", arguments: '{"q":"rabbits"}' }] },
    ],
    ["Anthropic", { content: [{ type: "tool_use", id: "t1", name: "search", input: { q: "rabbits" } }] }],
    [
      "Google",
      {
        candidates: [
          { content: { parts: [{ functionCall: { id: "t1", name: "search", args: { q: "rabbits" } } }] } },
        ],
      },
    ],
    [
      "AI SDK",
      { content: [{ type: "tool-call", toolCallId: "t1", toolName: "search", input: '{"q":"rabbits"}' }] },
    ],
    ["LangChain", { content: "", tool_calls: [{ id: "t1", name: "search", args: { q: "rabbits" } }] }],
    [
      "Bedrock",
      {
        output: {
          message: { content: [{ toolUse: { toolUseId: "t1", name: "search", input: { q: "rabbits" } } }] },
        },
      },
    ],
  ])("are recorded from an answer of %s", async (_, answer) => {
    expect((await answered(answer)).end.tool_calls).toEqual(expected);
  });

  it.each<[string, unknown[]]>([
    [
      "OpenAI's chat",
      [
        {
          choices: [
            { delta: { tool_calls: [{ index: 0, id: "t1", function: { name: "search", arguments: "" } }] } },
          ],
        },
        { choices: [{ delta: { tool_calls: [{ index: 0, function: { arguments: '{"q":"rab' } }] } }] },
        { choices: [{ delta: { tool_calls: [{ index: 0, function: { arguments: 'bits"}' } }] } }] },
      ],
    ],
    [
      "Anthropic",
      [
        {
          type: "content_block_start",
          index: 1,
          content_block: { type: "tool_use", id: "t1", name: "search", input: {} },
        },
        { type: "content_block_delta", index: 1, delta: { type: "input_json_delta", partial_json: '{"q":' } },
        {
          type: "content_block_delta",
          index: 1,
          delta: { type: "input_json_delta", partial_json: '"rabbits"}' },
        },
      ],
    ],
    [
      "OpenAI's responses",
      [
        {
          type: "response.output_item.added",
          item: { type: "function_call", call_id: "t1", name: "search" },
        },
        { type: "response.function_call_arguments.delta", delta: '{"q"' },
        {
          type: "response.output_item.done",
          item: { type: "function_call", call_id: "t1", name: "search", arguments: '{"q":"rabbits"}' },
        },
        {
          type: "response.completed",
          response: {
            output: [{ type: "function_call", call_id: "t1", name: "search", arguments: '{"q":"rabbits"}' }],
          },
        },
      ],
    ],
    [
      "Bedrock",
      [
        {
          contentBlockStart: {
            start: { toolUse: { toolUseId: "t1", name: "search" } },
            contentBlockIndex: 0,
          },
        },
        { contentBlockDelta: { delta: { toolUse: { input: '{"q":"rabbits"}' } }, contentBlockIndex: 0 } },
      ],
    ],
    [
      "LangChain",
      [
        {
          content: "",
          tool_call_chunks: [{ index: 0, id: "t1", name: "search", args: '{"q":' }],
          tool_calls: [],
        },
        { content: "", tool_call_chunks: [{ index: 0, args: '"rabbits"}' }], tool_calls: [] },
      ],
    ],
    ["AI SDK", [{ type: "tool-call", toolCallId: "t1", toolName: "search", input: '{"q":"rabbits"}' }]],
  ])("are assembled from a stream of %s", async (_, chunks) => {
    expect((await streamed(chunks)).end.tool_calls).toEqual(expected);
  });

  it("are recorded without their arguments if outputs are not captured", async () => {
    const recorder = record({ capture: { outputs: false } });
    const answer = { content: [{ type: "tool_use", id: "t1", name: "search", input: { q: "secret" } }] };
    await trace("create", { kind: "llm" }, async () => answer);
    expect(recorder.one("llm_end").data.tool_calls).toEqual([{ tool_call_id: "t1", name: "search" }]);
  });

  it("are bounded, whatever a model asks for", async () => {
    const calls = Array.from({ length: 500 }, (_, n) => ({ id: `t${n}`, name: "n", args: "x".repeat(1000) }));
    const { end } = await answered({ tool_calls: calls });
    expect(Buffer.byteLength(JSON.stringify(end.tool_calls))).toBeLessThan(9000);
  });
});
