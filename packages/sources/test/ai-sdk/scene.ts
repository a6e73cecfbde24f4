import { trace } from "@streamll/core";

/** What the scene needs of a version of the AI SDK. */
export interface AiSdk {
  readonly version: 5 | 6 | 7;
  // biome-ignore lint/suspicious/noExplicitAny: the versions have types of their own.
  readonly ai: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly test: any;
  /** Records a model, if the version needs that. */
  readonly model: <T>(model: T) => T;
  readonly tools: <T extends object>(tools: T) => T;
}

type Part = Record<string, unknown>;

/** A model that returns these answers, one per call; an error is thrown. */
export function mockModel({ version, test, model }: AiSdk, answers: (Part[] | Error)[]) {
  const Mock =
    test[{ 5: "MockLanguageModelV2", 6: "MockLanguageModelV3", 7: "MockLanguageModelV4" }[version]];
  const left = [...answers];
  const next = () => {
    const answer = left.shift();
    if (answer === undefined) throw new Error("the model has no more answers");
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const usage =
    version === 5
      ? { inputTokens: 10, outputTokens: 2, totalTokens: 12, cachedInputTokens: 4 }
      : { inputTokens: { total: 10, cacheRead: 4 }, outputTokens: { total: 2 } };
  const reason = (unified: string) => (version === 5 ? unified : { unified, raw: unified });
  const reasonOf = (parts: Part[]) => {
    if (parts.some(({ type }) => type === "error")) return reason("error");
    return reason(parts.some(({ type }) => type === "tool-call") ? "tool-calls" : "stop");
  };
  return model(
    new Mock({
      provider: "mock",
      modelId: "m-1",
      doGenerate: async () => {
        const content = next();
        return {
          content: content.map((part) =>
            part.type === "text-delta" ? { type: "text", text: part.delta } : part,
          ),
          finishReason: reasonOf(content),
          usage,
          warnings: [],
        };
      },
      doStream: async () => {
        const parts = next();
        const texts = parts.filter(({ type }) => type === "text-delta");
        const chunks = [
          { type: "stream-start", warnings: [] },
          { type: "response-metadata", id: "r1", modelId: "m-1-2026" },
          ...(texts.length > 0 ? [{ type: "text-start", id: "1" }] : []),
          ...parts.map((part) => (part.type === "text-delta" ? { id: "1", ...part } : part)),
          ...(texts.length > 0 ? [{ type: "text-end", id: "1" }] : []),
          { type: "finish", finishReason: reasonOf(parts), usage },
        ];
        return { stream: streamOf(chunks) };
      },
    }),
  );
}

/** Yields each chunk only when it is asked for one. */
function streamOf(chunks: Part[]): ReadableStream<Part> {
  const left = [...chunks];
  return new ReadableStream(
    {
      async pull(controller) {
        await new Promise(setImmediate);
        const chunk = left.shift();
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      },
    },
    { highWaterMark: 0 },
  );
}

export const text = (...pieces: string[]): Part[] => pieces.map((delta) => ({ type: "text-delta", delta }));
/** More chunks than the SDK reads ahead. */
const longText = () => text("Rab", "bits", ...Array.from({ length: 200 }, () => " dig"));
const toolCall = { type: "tool-call", toolCallId: "t1", toolName: "search", input: '{"query":"rabbits"}' };

/** An error that the SDK retries. */
const overloaded = (ai: AiSdk["ai"]): Error =>
  new ai.APICallError({
    message: "overloaded",
    url: "https://model.example",
    requestBodyValues: {},
    statusCode: 503,
    isRetryable: true,
    responseHeaders: { "retry-after-ms": "1" },
  });

function toolsOf({ ai, tools }: AiSdk) {
  const search = ai.tool({
    description: "searches",
    inputSchema: ai.jsonSchema({ type: "object", properties: { query: { type: "string" } } }),
    execute: async ({ query }: { query: string }) =>
      trace("index", { moduleName: "search" }, async () => [`a book on ${query}`]),
  });
  return tools({ search });
}

/** Each of these is a run of its own, and has the same result with and without recording. */
export const runs: Record<string, (sdk: AiSdk) => Promise<unknown>> = {
  async "an answer by a tool"(sdk) {
    const { ai } = sdk;
    const { text: answer, steps } = await ai.generateText({
      model: mockModel(sdk, [[toolCall], text("Rabbits dig.")]),
      prompt: "Do rabbits dig?",
      tools: toolsOf(sdk),
      stopWhen: ai.stepCountIs(3),
    });
    return [answer, steps.length];
  },
  async "a stream that is read to its end"(sdk) {
    const { ai } = sdk;
    const result = ai.streamText({
      model: mockModel(sdk, [[toolCall], text("Rab", "bits", " dig.")]),
      prompt: "Do rabbits dig?",
      tools: toolsOf(sdk),
      stopWhen: ai.stepCountIs(3),
    });
    let read = "";
    for await (const piece of result.textStream) read += piece;
    return [read, (await result.usage).inputTokens, await result.finishReason];
  },
  async "a stream that is broken off"(sdk) {
    const result = sdk.ai.streamText({
      model: mockModel(sdk, [longText()]),
      prompt: "Do rabbits dig?",
    });
    const read: string[] = [];
    for await (const piece of result.textStream) {
      read.push(piece);
      if (read.length === 2) break;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    return read;
  },
  async "a stream that is aborted"(sdk) {
    const end = new AbortController();
    const result = sdk.ai.streamText({
      model: mockModel(sdk, [longText()]),
      prompt: "Do rabbits dig?",
      abortSignal: end.signal,
      onError() {},
    });
    const read: string[] = [];
    for await (const piece of result.textStream) {
      read.push(piece);
      if (read.length === 2) end.abort();
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    return read.length;
  },
  async "a stream with an error in it"(sdk) {
    const errors: string[] = [];
    const result = sdk.ai.streamText({
      model: mockModel(sdk, [[...text("Rab"), { type: "error", error: new RangeError("lost") }]]),
      prompt: "Do rabbits dig?",
      onError: ({ error }: { error: Error }) => errors.push(error.message),
    });
    await result.consumeStream({ onError() {} });
    return errors;
  },
  async "a call that throws"(sdk) {
    const { ai } = sdk;
    return ai
      .generateText({
        model: mockModel(sdk, [new RangeError("no such model")]),
        prompt: "Do rabbits dig?",
        maxRetries: 0,
      })
      .catch(({ message }: Error) => message);
  },
  async "a call that is tried again"(sdk) {
    const { ai } = sdk;
    const { text: answer } = await ai.generateText({
      model: mockModel(sdk, [overloaded(ai), text("Rabbits dig.")]),
      prompt: "Do rabbits dig?",
    });
    return answer;
  },
};
