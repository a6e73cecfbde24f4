import { setTimeout as later } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { instrument, silentLogger, trace } from "../../src/index.js";
import { record } from "./recorder.js";

/** The promise of OpenAI's and Anthropic's clients, which parses the answer only when it is asked. */
class ApiPromise<T> extends Promise<T> {
  readonly #response: Promise<Response>;
  readonly #parse: (response: Response) => Promise<T>;
  #parsed: Promise<T> | undefined;

  constructor(response: Promise<Response>, parse: (response: Response) => Promise<T>) {
    super((resolve) => resolve(null as T));
    this.#response = response;
    this.#parse = parse;
  }

  static override get [Symbol.species]() {
    return Promise;
  }

  unwrapped<U>(transform: (value: T) => U): ApiPromise<U> {
    return new ApiPromise(this.#response, async (response) => transform(await this.#parse(response)));
  }

  asResponse() {
    return this.#response;
  }

  async withResponse() {
    const [data, response] = await Promise.all([this.parse(), this.asResponse()]);
    return { data, response, request_id: "r1" };
  }

  parse(): Promise<T> {
    this.#parsed ??= this.#response.then(this.#parse);
    return this.#parsed;
  }

  // biome-ignore lint/suspicious/noThenProperty: as those clients have it
  override then<R, E>(
    ...handlers: [((value: T) => R | PromiseLike<R>)?, ((error: unknown) => E | PromiseLike<E>)?]
  ) {
    return this.parse().then(...(handlers as [(value: T) => R, (error: unknown) => E]));
  }

  override catch<E>(handler?: ((error: unknown) => E | PromiseLike<E>) | null) {
    return this.parse().catch(handler);
  }

  override finally(handler?: (() => void) | null) {
    return this.parse().finally(handler);
  }
}

/** The stream of OpenAI's and Anthropic's clients. */
class ClientStream {
  readonly controller = new AbortController();

  constructor(readonly iterator: () => AsyncIterator<object>) {}

  [Symbol.asyncIterator]() {
    return this.iterator();
  }

  tee(): [ClientStream, ClientStream] {
    const [left, right]: Promise<IteratorResult<object>>[][] = [[], []];
    const iterator = this.iterator();
    const branch = (queue: Promise<IteratorResult<object>>[]) =>
      new ClientStream(() => ({
        next() {
          if (queue.length === 0) {
            const result = iterator.next();
            left!.push(result);
            right!.push(result);
          }
          return queue.shift()!;
        },
      }));
    return [branch(left!), branch(right!)];
  }

  toReadableStream() {
    const iterator = this[Symbol.asyncIterator]();
    return new ReadableStream({
      async pull(controller) {
        const { done, value } = await iterator.next();
        if (done) controller.close();
        else controller.enqueue(new TextEncoder().encode(`${JSON.stringify(value)}\n`));
      },
      cancel: async () => void (await iterator.return?.()),
    });
  }
}

const answer = {
  model: "m-1",
  usage: { prompt_tokens: 3, completion_tokens: 2 },
  choices: [{ message: { content: "Hi there" }, finish_reason: "stop" }],
};
const chunks = ["Hi", " there"].map((content) => ({ model: "m-1", choices: [{ delta: { content } }] }));

const request = { model: "m" };
const json = async (response: Response) => (await response.json()) as typeof answer;
const promised = () =>
  new ApiPromise(
    later(1).then(() => Response.json(answer)),
    json,
  );
const failing = () =>
  new ApiPromise(
    later(1).then((): Response => {
      throw Object.assign(new Error("rate limit"), { status: 429 });
    }),
    json,
  );
const stream = () =>
  new ClientStream(async function* () {
    yield* chunks;
  });
const create = instrument((_: { model: string }, make: () => unknown) => make(), {
  kind: "llm",
  operation: "create",
}) as <T>(request: { model: string }, make: () => T) => T;

async function collect<T>(from: AsyncIterable<T>) {
  const read: T[] = [];
  for await (const value of from) read.push(value);
  return read;
}

describe("a promise that parses its answer lazily", () => {
  type Way = (promise: ApiPromise<typeof answer>) => unknown;
  const ways: [string, Way][] = [
    ["await", async (promise) => expect(await promise).toEqual(answer)],
    ["catch", async (promise) => expect(await promise.catch(() => undefined)).toEqual(answer)],
    ["finally", async (promise) => expect(await promise.finally(() => {})).toEqual(answer)],
    ["withResponse", async (promise) => expect((await promise.withResponse()).data).toEqual(answer)],
    ["asResponse", async (promise) => expect(await (await promise.asResponse()).json()).toEqual(answer)],
    ["what is derived from it", async (promise) => expect(await promise.unwrapped((a) => a)).toEqual(answer)],
    ["Promise.all", async (promise) => expect(await Promise.all([promise])).toEqual([answer])],
  ];

  it.each(ways)("ends its call by %s, once, with model, usage and the answer", async (_, use) => {
    const recorder = record();
    const made = promised();
    const given = create(request, () => made);
    expect(given).toBe(made);
    expect(given).toBeInstanceOf(ApiPromise);
    await use(given);
    await new Promise(setImmediate);
    expect(recorder.types).toEqual(["llm_start", "llm_end"]);
    const { data } = recorder.one("llm_end");
    expect(data).toMatchObject({
      model: "m-1",
      usage: { input_tokens: 3, output_tokens: 2 },
      finish_reason: "stop",
    });
    expect(data.outputs).toEqual(answer);
  });

  it.each<[string, (promise: ApiPromise<unknown>) => Promise<unknown>]>([
    ["await", async (promise) => await promise],
    ["catch", (promise) => promise.catch((error) => Promise.reject(error))],
    ["finally", (promise) => promise.finally(() => {})],
    ["withResponse", (promise) => promise.withResponse()],
    ["asResponse", (promise) => promise.asResponse()],
  ])("that fails ends its call with the error by %s", async (_, use) => {
    const recorder = record();
    await expect(use(create(request, failing))).rejects.toThrow("rate limit");
    await new Promise(setImmediate);
    expect(recorder.types).toEqual(["llm_start", "error"]);
    expect(recorder.one("error").data).toMatchObject({ model: "m", status: 429 });
  });

  it("whose rejection is handled with another value records the error", async () => {
    const recorder = record();
    expect(await create(request, failing).catch(() => "a default")).toBe("a default");
    await new Promise(setImmediate);
    expect(recorder.types).toEqual(["llm_start", "error"]);
  });

  it("is unchanged once its call is over", async () => {
    record();
    const given = create(request, promised);
    await given;
    expect(Object.getPrototypeOf(given)).toBe(ApiPromise.prototype);
  });

  it("may resolve to a stream", async () => {
    const recorder = record();
    const given = create(
      request,
      () =>
        new ApiPromise(
          later(1).then(() => new Response()),
          async () => stream(),
        ),
    );
    const { data } = await given.withResponse();
    expect(recorder.types).toEqual(["llm_start"]);
    expect(await collect(data)).toEqual(chunks);
    expect(recorder.one("llm_end").data).toMatchObject({ model: "m-1", outputs: "Hi there", token_count: 2 });
  });
});

describe("a stream of a client", () => {
  it.each<[string, (given: ClientStream) => Promise<unknown>]>([
    ["iteration", async (given) => expect(await collect(given)).toEqual(chunks)],
    [
      "tee, one branch after the other",
      async (given) => {
        const [left, right] = given.tee();
        expect([await collect(left), await collect(right)]).toEqual([chunks, chunks]);
      },
    ],
    [
      "tee, both at once",
      async (given) => expect(await Promise.all(given.tee().map(collect))).toEqual([chunks, chunks]),
    ],
    [
      "toReadableStream",
      async (given) => expect(await new Response(given.toReadableStream()).text()).toContain(" there"),
    ],
  ])("is recorded once by %s", async (_, use) => {
    const recorder = record();
    const made = stream();
    expect(create(request, () => made)).toBe(made);
    await use(made);
    await new Promise(setImmediate);
    expect(recorder.types).toEqual(["llm_start", "token", "llm_end"]);
    expect(recorder.one("llm_end").data).toMatchObject({
      outputs: "Hi there",
      token_count: 2,
      time_to_first_token_ms: expect.any(Number),
    });
  });

  it("that is aborted ends its call as cancelled, even if it ends as if it were read to its end", async () => {
    const recorder = record();
    const given = create(request, () => {
      const made: ClientStream = new ClientStream(async function* () {
        yield chunks[0]!;
        made.controller.abort();
      });
      return made;
    });
    await collect(given);
    expect(recorder.one("llm_end").data).toMatchObject({ cancelled: true, outputs: "Hi" });
  });

  it("ends its call as cancelled when a ReadableStream made from it is cancelled", async () => {
    const recorder = record();
    const reader = create(request, stream).toReadableStream().getReader();
    await reader.read();
    await reader.cancel();
    expect(recorder.one("llm_end").data).toMatchObject({ cancelled: true });
  });
});

it("a client's stream whose iterator was wrapped by another package is recorded once", async () => {
  const recorder = record();
  const given = create(request, () => {
    const made = stream();
    const iterate = made[Symbol.asyncIterator].bind(made);
    return Object.assign(made, {
      async *[Symbol.asyncIterator]() {
        for await (const chunk of { [Symbol.asyncIterator]: iterate }) yield chunk;
      },
    });
  });
  expect(await collect(given)).toEqual(chunks);
  expect(recorder.one("llm_end").data).toMatchObject({ outputs: "Hi there", token_count: 2 });
});

it("a promise with methods in fields ends its call by each of them", async () => {
  const recorder = record();
  const given = create(request, () => {
    const made = promised();
    return Object.assign(made, {
      withResponse: async () => ({ data: await made.parse(), response: new Response() }),
    });
  });
  expect(Object.keys(given)).toEqual(["withResponse"]);
  expect((await given.withResponse()).data).toEqual(answer);
  await new Promise(setImmediate);
  expect(recorder.one("llm_end").data.outputs).toEqual(answer);
});

/** Like OpenAI's and Anthropic's stream helpers: an emitter that runs whether or not it is read. */
class EventStream {
  readonly #listeners = new Map<string, ((value: unknown) => void)[]>();
  readonly #done: Promise<void>;

  constructor(run: (stream: EventStream) => Promise<void>) {
    this.#done = Promise.resolve().then(() => run(this));
    this.#done.catch(() => {});
  }

  on(event: string, listener: (value: never) => void) {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener as never]);
    return this;
  }

  _emit(event: string, value?: unknown) {
    for (const listener of this.#listeners.get(event) ?? []) listener(value);
  }

  async finalMessage() {
    await this.#done;
    return answer;
  }

  async *[Symbol.asyncIterator]() {
    await this.#done;
    yield* chunks;
  }
}

describe("a stream helper that emits what it reads", () => {
  const helper = (end: string, error?: Error) =>
    create(
      request,
      () =>
        new EventStream(async (emitter) => {
          for (const chunk of chunks) emitter._emit("chunk", chunk);
          emitter._emit(end, error);
          if (error) throw error;
        }),
    );

  it.each<[string, (stream: EventStream) => unknown]>([
    ["finalMessage", (stream) => stream.finalMessage()],
    ["iteration", (stream) => collect(stream)],
    [
      "listeners",
      (stream) => new Promise((resolve) => stream.on("chunk", () => {}).on("end", () => resolve(undefined))),
    ],
    ["nothing at all", () => later(1)],
  ])("ends its call by %s, once", async (_, use) => {
    const recorder = record();
    await use(helper("end"));
    expect(recorder.types).toEqual(["llm_start", "token", "llm_end"]);
    expect(recorder.one("llm_end").data).toMatchObject({ outputs: "Hi there", token_count: 2 });
  });

  it("ends its call with an error or as cancelled", async () => {
    const recorder = record();
    await helper("error", new Error("overloaded"))
      .finalMessage()
      .catch(() => {});
    await helper("abort").finalMessage();
    expect(recorder.one("error").data).toMatchObject({ error_message: "overloaded", token_count: 2 });
    expect(recorder.one("llm_end").data).toMatchObject({ cancelled: true });
  });
});

describe("a result with getters that hold streams", () => {
  /** Like the results of AI SDK. */
  class StreamTextResult {
    readonly #words = ["a", "b"];
    get textStream() {
      return ReadableStream.from(this.#words);
    }
    get text() {
      return later(1, "ab");
    }
    toTextStreamResponse() {
      return new Response(this.textStream.pipeThrough(new TextEncoderStream()));
    }
    get broken(): string {
      throw new Error("mine");
    }
  }

  it("ends its call when one is read to its end", async () => {
    const recorder = record();
    const made = new StreamTextResult();
    const given = trace("answer", () => made);
    expect([given === made, recorder.types]).toEqual([true, ["start"]]);
    expect(await collect(given.textStream)).toEqual(["a", "b"]);
    expect(recorder.types).toEqual(["start", "token", "end"]);
    expect(recorder.one("end").data).toMatchObject({ outputs: "ab", token_count: 2 });
    expect(Object.getPrototypeOf(given)).toBe(StreamTextResult.prototype);
  });

  it("ends its call by a promise if no stream is read", async () => {
    const recorder = record();
    expect(await trace("answer", () => new StreamTextResult()).text).toBe("ab");
    await new Promise(setImmediate);
    expect(recorder.one("end").data.outputs).toBe("ab");
  });

  it("throws what its getters throw", () => {
    record();
    const given = trace("answer", () => new StreamTextResult());
    expect(() => given.broken).toThrow("mine");
  });

  it("may be a plain object that holds a stream", async () => {
    const recorder = record();
    const { stream, id } = await trace("doStream", { kind: "llm" }, async () => ({
      id: 1,
      stream: ReadableStream.from([
        { type: "text-delta", delta: "Hi" },
        {
          type: "finish",
          usage: { inputTokens: { total: 3, cacheRead: 1 }, outputTokens: { total: 2, reasoning: 1 } },
          finishReason: { unified: "stop", raw: "end_turn" },
        },
      ]),
    }));
    expect(recorder.types).toEqual(["llm_start"]);
    await collect(stream);
    expect(id).toBe(1);
    expect(recorder.one("llm_end").data).toMatchObject({
      outputs: "Hi",
      usage: { input_tokens: 3, output_tokens: 2, cache_read_tokens: 1, reasoning_tokens: 1 },
      finish_reason: "stop",
    });
  });
});

describe("a lazy query", () => {
  class Query {
    #rows = ["a", "b"];
    // biome-ignore lint/suspicious/noThenProperty: as query builders have it
    then<R>(fulfilled: (rows: string[]) => R) {
      return this.exec().then(fulfilled);
    }
    limit(count: number) {
      this.#rows = this.#rows.slice(0, count);
      return this;
    }
    clone() {
      return new Query();
    }
    toString() {
      return "select";
    }
    async exec() {
      return this.#rows;
    }
    async *cursor() {
      yield* this.#rows;
    }
  }
  const find = instrument(() => new Query(), { operation: "find" });

  it.each<[string, (query: Query) => unknown, unknown]>([
    ["exec", (query) => query.limit(1).exec(), ["a"]],
    ["await", async (query) => await query, ["a", "b"]],
    ["a copy", async (query) => await query.clone().exec(), ["a", "b"]],
    ["a cursor", (query) => collect(query.cursor()), "ab"],
  ])("ends its call by %s", async (_, use, outputs) => {
    const recorder = record();
    await use(find());
    await new Promise(setImmediate);
    expect(recorder.types.filter((type) => type !== "token")).toEqual(["start", "end"]);
    expect(recorder.one("end").data.outputs).toEqual(outputs);
  });

  it("that is frozen ends its call at once, marked as not watched", async () => {
    const recorder = record({ logger: silentLogger });
    expect(await instrument(() => Object.freeze(new Query()))()).toEqual(["a", "b"]);
    expect(recorder.one("end").data.outputs).toBe("[Not watched]");
  });
});
