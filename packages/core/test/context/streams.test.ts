import { Readable, Writable } from "node:stream";
import { setTimeout as later } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { emit, instrument, type StreamllEvent, silentLogger, trace } from "../../src/index.js";
import { type Recorder, record } from "./recorder.js";

const words = ["a ", "b ", "c "];

async function* generate(from: readonly string[] = words) {
  for (const word of from) {
    await null;
    yield word;
  }
}

async function collect(from: AsyncIterable<unknown>) {
  const read: unknown[] = [];
  for await (const value of from) read.push(value);
  return read;
}

const tokensOf = (recorder: Recorder) => recorder.all("token").map(({ data }) => data.token);

describe("a generator", () => {
  it("emits tokens while it is read, and its end after that", async () => {
    const recorder = record({ tokens: "each" });
    const read: string[] = [];
    for await (const word of instrument(generate)()) {
      expect(tokensOf(recorder)).toHaveLength(read.length + 1);
      read.push(word);
    }
    expect(read).toEqual(words);
    expect(recorder.types).toEqual(["start", "token", "token", "token", "end"]);
    const { eventId } = recorder.one("start");
    expect(recorder.all("token").map(({ parentId }) => parentId)).toEqual([eventId, eventId, eventId]);
    expect(recorder.all("token").map(({ data }) => data)).toEqual(
      words.map((token, token_index) => ({ token, token_index, token_count: 1 })),
    );
    expect(recorder.one("end").data).toMatchObject({ token_count: 3, outputs: "a b c " });
  });

  it("may be a synchronous one, of any values", () => {
    const recorder = record();
    const count = instrument(function* count() {
      yield { n: 1 };
      yield { n: 2 };
      return "unseen";
    });
    const values = count();
    expect(values.toString()).toBe("[object Generator]");
    expect([...values]).toEqual([{ n: 1 }, { n: 2 }]);
    const tokens = [{ n: 1 }, { n: 2 }];
    expect(recorder.one("token").data).toEqual({ tokens, token_index: 0, token_count: 2 });
    expect(recorder.one("end").data.outputs).toEqual(tokens);
  });

  it("that is broken off ends its call as cancelled, after its own cleanup", async () => {
    const recorder = record();
    const read = instrument(async function* read() {
      try {
        yield* generate();
      } finally {
        emit("cleaned up");
      }
    });
    for await (const _ of read()) break;
    expect(recorder.types).toEqual(["start", "cleaned up", "token", "end"]);
    expect(recorder.one("cleaned up").parentId).toBe(recorder.one("start").eventId);
    expect(recorder.one("end").data).toMatchObject({ cancelled: true, token_count: 1 });
  });

  it("that throws records the tokens that came before, then the error", async () => {
    const recorder = record();
    const broken = instrument(async function* broken() {
      yield "a";
      throw new RangeError("no more");
    });
    await expect(async () => {
      for await (const _ of broken());
    }).rejects.toThrow("no more");
    expect(recorder.types).toEqual(["start", "token", "error"]);
    expect(recorder.one("error").data).toMatchObject({ error_type: "RangeError", token_count: 1 });
  });

  it("runs each step in its call, whoever reads it", async () => {
    const recorder = record();
    const steps = instrument(async function* steps() {
      emit("step");
      yield 1;
      await later(1);
      emit("step");
      yield 2;
      await trace("inner", async () => {});
    });
    const iterator = trace("maker", () => steps());
    await trace("reader", async () => {
      for await (const _ of iterator) emit("in the reader");
    });
    const { eventId } = recorder.one("start", "steps");
    expect(recorder.all("step").map(({ parentId }) => parentId)).toEqual([eventId, eventId]);
    expect(recorder.one("start", "inner").parentId).toBe(eventId);
    const reader = recorder.one("start", "reader").eventId;
    expect(recorder.all("in the reader").map(({ parentId }) => parentId)).toEqual([reader, reader]);
  });

  it("receives what is sent into it, and returns its own result", async () => {
    record();
    const echo = instrument(async function* echo(): AsyncGenerator<string, string, string> {
      const sent = yield "first";
      return `got ${sent}`;
    });
    const iterator = echo();
    expect(await iterator.next()).toEqual({ done: false, value: "first" });
    expect(await iterator.next("this")).toEqual({ done: true, value: "got this" });
  });

  it("is not read ahead", async () => {
    record();
    let made = 0;
    const make = instrument(async function* make() {
      while (true) yield ++made;
    });
    const iterator = make();
    await iterator.next();
    await new Promise(setImmediate);
    expect(made).toBe(1);
  });
});

describe("tokens", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("are coalesced for 50 ms", async () => {
    const recorder = record();
    const iterator = instrument(generate)(["a", "b", "c"]);
    await iterator.next();
    vi.advanceTimersByTime(30);
    await iterator.next();
    vi.advanceTimersByTime(19);
    expect(tokensOf(recorder)).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(tokensOf(recorder)).toEqual(["ab"]);
    await iterator.next();
    await iterator.next();
    expect(recorder.all("token").map(({ data }) => data)).toEqual([
      { token: "ab", token_index: 0, token_count: 2 },
      { token: "c", token_index: 2, token_count: 1 },
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("are coalesced up to 64", async () => {
    const recorder = record();
    for await (const _ of instrument(generate)(Array<string>(130).fill("x")));
    expect(recorder.all("token").map(({ data }) => data.token_count)).toEqual([64, 64, 2]);
    expect(recorder.one("end").data.token_count).toBe(130);
  });

  it("can be off, for all calls or for one", async () => {
    const recorder = record({ tokens: "off" });
    for await (const _ of instrument(generate)());
    expect(recorder.types).toEqual(["start", "end"]);
    for await (const _ of instrument(generate, { tokens: "coalesced" })());
    expect(tokensOf(recorder)).toEqual(["a b c "]);
  });

  it("of a stream that is left unread keep no timer for long", async () => {
    const recorder = record();
    await instrument(generate)().next();
    vi.runAllTimers();
    expect(vi.getTimerCount()).toBe(0);
    expect(recorder.types).toEqual(["start", "token"]);
  });
});

describe("an async iterable", () => {
  /** Like the streams of model clients: an iterable with further members. */
  class Stream {
    readonly controller = new AbortController();
    readonly #chunks = words;
    async *[Symbol.asyncIterator]() {
      yield* this.#chunks;
    }
    tee() {
      return [this.#chunks, this.#chunks];
    }
  }

  it("keeps its identity, from a promise too, and is watched while it is read", async () => {
    const recorder = record();
    const stream = new Stream();
    const create = instrument(async function create() {
      return stream;
    });
    const given = await create();
    expect(given).toBe(stream);
    expect(given).toBeInstanceOf(Stream);
    expect(given.tee()).toEqual([words, words]);
    expect(given.controller.signal.aborted).toBe(false);
    expect(Object.keys(given)).toEqual(["controller"]);
    expect(recorder.types).toEqual(["start"]);
    const read: string[] = [];
    for await (const word of given) read.push(word);
    expect(read).toEqual(words);
    expect(tokensOf(recorder)).toEqual(["a b c "]);
    expect(recorder.types.at(-1)).toBe("end");
  });

  it("whose iterator has no return method still ends as cancelled when a loop breaks off", async () => {
    const recorder = record();
    const count = instrument(() => {
      let n = 0;
      return { [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, value: `${n++}` }) }) };
    });
    for await (const value of count()) if (value === "2") break;
    expect(recorder.one("end").data).toMatchObject({ cancelled: true, token_count: 3 });
  });

  it("that is frozen ends its call at once, and can be read", async () => {
    const recorder = record();
    const frozen = instrument(() => Object.freeze(new Stream()))();
    expect(recorder.types).toEqual(["start", "end"]);
    const read: string[] = [];
    for await (const word of frozen) read.push(word);
    expect(read).toEqual(words);
  });
});

describe("a Node.js stream", () => {
  const open = instrument((stream: Readable) => stream, { operation: "open" });
  const over = (stream: Readable) => new Promise((resolve) => stream.once("close", resolve));

  it("is watched however it is read", async () => {
    const ways: Record<string, (stream: Readable) => void> = {
      data: (stream) => stream.on("data", () => {}),
      pipe: (stream) => stream.pipe(new Writable({ objectMode: true, write: (_, __, done) => done() })),
      read: (stream) =>
        stream.on("readable", () => {
          while (stream.read() !== null);
        }),
      iteration: collect,
      web: (stream) => collect(Readable.toWeb(stream) as ReadableStream),
    };
    for (const [way, read] of Object.entries(ways)) {
      const recorder = record();
      const stream = Readable.from(words);
      expect(open(stream)).toBe(stream);
      read(stream);
      await over(stream);
      expect([way, recorder.types]).toEqual([way, ["start", "token", "end"]]);
      expect([way, recorder.one("end").data.outputs]).toEqual([way, "a b c "]);
      expect(recorder.one("end").data.cancelled).toBeUndefined();
    }
  });

  it("does not flow and has no listener until the program reads it", () => {
    record();
    const stream = open(Readable.from(words));
    expect(stream.readableFlowing).toBe(null);
    expect(stream.eventNames()).toEqual(Readable.from(words).eventNames());
  });

  it("produces its chunks in its call", async () => {
    const recorder = record();
    const steps = instrument(function steps() {
      return Readable.from(
        (async function* () {
          emit("step");
          yield 1;
        })(),
      );
    });
    await trace("reader", () => collect(steps()));
    expect(recorder.one("step").parentId).toBe(recorder.one("start", "steps").eventId);
  });

  it("that is destroyed ends its call as cancelled", async () => {
    const recorder = record();
    const stream = open(Readable.from(words));
    const closed = over(stream);
    for await (const _ of stream) break;
    await closed;
    expect(recorder.one("end").data).toMatchObject({ cancelled: true, token_count: 1 });
  });

  it("that fails records the error, which still ends a program that does not handle it", () => {
    const recorder = record();
    const stream = open(Readable.from(words));
    expect(() => stream.emit("error", new RangeError("connection lost"))).toThrow("connection lost");
    expect(recorder.one("error").data).toMatchObject({ error_message: "connection lost", token_count: 0 });
  });

  it("that has ended already ends its call at once", async () => {
    const recorder = record();
    const stream = Readable.from(words);
    await collect(stream);
    open(stream);
    expect(recorder.types).toEqual(["start", "end"]);
    expect(recorder.one("end").data.outputs).toBeUndefined();
  });
});

describe("a result that is returned repeatedly", () => {
  it.each<[string, () => AsyncIterable<unknown>]>([
    ["a generator", () => generate()],
    ["an async iterable", () => ({ [Symbol.asyncIterator]: () => generate() })],
    ["a stream of Node's", () => Readable.from(words)],
  ])("is watched once: %s", async (_, make) => {
    const recorder = record();
    const kept = make();
    const get = instrument(() => kept);
    for (let n = 0; n < 3; n++) expect(get()).toBe(kept);
    expect(await collect(kept)).toEqual(words);
    expect(tokensOf(recorder)).toEqual(["a b c "]);
    expect(recorder.all("end")).toHaveLength(3);
    const { outputs, duration_ms, ...more } = recorder.all("end").at(-1)!.data;
    expect([outputs, more]).toEqual(["a b c ", { token_count: 3 }]);
  });

  it("is followed once if it is a thenable", async () => {
    const recorder = record();
    // biome-ignore lint/suspicious/noThenProperty: what a query builder is.
    const kept = { then: (fulfilled: (value: number) => void) => fulfilled(42) };
    const get = instrument(() => kept);
    const { then } = get();
    expect(get().then).toBe(then);
    expect(await kept).toBe(42);
    expect(recorder.all("end")).toHaveLength(2);
  });

  it("stays readable if it is a ReadableStream", async () => {
    const recorder = record();
    class Response {
      readonly stream = new ReadableStream({
        start(controller) {
          for (const word of words) controller.enqueue(word);
          controller.close();
        },
      });
      body() {
        return this.stream;
      }
      text() {
        return this.body();
      }
    }
    const response = instrument(new Response());
    expect(response.body().locked).toBe(false);
    expect(response.text().locked).toBe(false);
    expect(response.text()).toBe(response.body());
    expect(await collect(response.body())).toEqual(words);
    expect(recorder.all("end")).toHaveLength(recorder.all("start").length);
  });

  it("may be an iterator of what it yields", async () => {
    record();
    const iterator = { n: 0, next: async () => ({ done: false, value: iterator.n++ }) };
    const get = instrument(() => ({ [Symbol.asyncIterator]: () => iterator }));
    const { next } = get()[Symbol.asyncIterator]();
    expect(get()[Symbol.asyncIterator]().next).toBe(next);
    expect(await iterator.next()).toEqual({ done: false, value: 0 });
  });

  it("is watched for enclosing calls too, which return it as theirs", async () => {
    const recorder = record();
    const kept = Readable.from(words);
    const source = instrument({ inner: () => kept, outer: async () => source.inner() });
    await source.outer();
    await source.outer();
    await collect(kept);
    const ends = recorder.all("end").map(({ operation, data }) => [operation, data.outputs]);
    expect(ends).toEqual([
      ["inner", undefined],
      ["outer", undefined],
      ["outer", "a b c "],
      ["inner", "a b c "],
    ]);
  });
});

describe("an iterator that breaks the rules", () => {
  const iterable = (next: () => unknown) =>
    instrument(() => ({ [Symbol.asyncIterator]: () => ({ next }) as AsyncIterator<unknown> }))();

  it.each<[string, unknown]>([
    ["no result", undefined],
    ["a result that cannot be read", Object.defineProperty({}, "done", { get: raise })],
  ])("affects only its reader by returning %s", async (_, result) => {
    record({ logger: silentLogger });
    const iterator = iterable(async () => result)[Symbol.asyncIterator]();
    expect(await iterator.next()).toBe(result);
  });

  it("ends its call when the program asks for it, if it is frozen", async () => {
    const recorder = record();
    const frozen = Object.freeze({ next: async () => ({ done: true, value: undefined }) });
    const given = instrument(() => ({ [Symbol.asyncIterator]: () => frozen }))();
    expect(await collect(given)).toEqual([]);
    expect(recorder.types).toEqual(["start", "end"]);
  });
});

describe("a ReadableStream", () => {
  let cancelled: unknown;
  let pulled = 0;
  const stream = (chunks: readonly unknown[] = words, error?: Error) => {
    const left = [...chunks];
    pulled = 0;
    return new ReadableStream(
      {
        pull(controller) {
          pulled++;
          if (left.length > 0) controller.enqueue(left.shift());
          else if (error) controller.error(error);
          else controller.close();
        },
        cancel(reason) {
          cancelled = reason;
        },
      },
      { highWaterMark: 0 },
    );
  };
  const open = instrument(async (source: ReadableStream) => source, { operation: "open" });

  it("is watched however it is read", async () => {
    const ways: Record<string, (readable: ReadableStream) => Promise<unknown>> = {
      iteration: collect,
      reader: async (readable) => {
        const reader = readable.getReader();
        const read: unknown[] = [];
        for (let next = await reader.read(); !next.done; next = await reader.read()) read.push(next.value);
        await reader.closed;
        return read;
      },
      pipeThrough: async (readable) => collect(readable.pipeThrough(new TransformStream())),
      pipeTo: async (readable) => {
        const read: unknown[] = [];
        await readable.pipeTo(new WritableStream({ write: (chunk) => void read.push(chunk) }));
        return read;
      },
      tee: async (readable) => {
        const [left, right] = readable.tee();
        const [one, other] = await Promise.all([collect(left), collect(right)]);
        expect(one).toEqual(other);
        return one;
      },
    };
    for (const [way, read] of Object.entries(ways)) {
      const recorder = record();
      const readable = await open(stream());
      expect([way, await read(readable)]).toEqual([way, words]);
      expect([way, recorder.types]).toEqual([way, ["start", "token", "end"]]);
      expect(recorder.one("end").data.outputs).toBe("a b c ");
    }
  });

  it.each<[string, () => ReadableStream]>([
    ["pipeThrough", () => stream().pipeThrough(new TransformStream())],
    ["tee", () => stream().tee()[0]],
    ["from", () => ReadableStream.from(words)],
    ["a Blob", () => new Blob(words).stream()],
  ])("is watched if it comes from %s", async (_, make) => {
    const recorder = record();
    const made = make();
    const given = await open(made);
    expect(given).toBe(made);
    await collect(given);
    expect(recorder.types).toEqual(["start", "token", "end"]);
    expect(recorder.one("end").data.cancelled).toBeUndefined();
  });

  it("is watched while a pipe reads it to its end or to an error, and is unlocked afterwards", async () => {
    const recorder = record();
    const [readable, broken] = [await open(stream()), await open(stream(["a"], new RangeError("lost")))];
    await readable.pipeTo(new WritableStream());
    expect(readable.locked).toBe(false);
    await expect(broken.pipeTo(new WritableStream())).rejects.toThrow("lost");
    const full = (await open(stream())).pipeTo(new WritableStream({ write: () => raise() }));
    await expect(full).rejects.toThrow("rate limit");
    expect(recorder.types).toEqual([
      "start",
      "start",
      "token",
      "end",
      "token",
      "error",
      "start",
      "token",
      "end",
    ]);
    expect(recorder.all("end").at(-1)?.data.cancelled).toBe(true);
    expect(() => readable.pipeThrough({} as never)).toThrow(TypeError);
    expect(readable.locked).toBe(false);
  });

  it("can be read on by another reader, and after a pipe with preventCancel", async () => {
    const recorder = record();
    const readable = await open(stream());
    const first = readable.getReader();
    expect((await first.read()).value).toBe("a ");
    const pending = first.read();
    await pending;
    first.releaseLock();
    expect(await collect(readable)).toEqual(["c "]);
    expect(recorder.one("end").data).toMatchObject({ token_count: 3, outputs: "a b c " });
    const kept = await open(stream());
    const closed = new WritableStream({ write: () => raise() });
    await expect(kept.pipeTo(closed, { preventCancel: true })).rejects.toThrow("rate limit");
    expect(kept.locked).toBe(false);
    await kept.cancel();
    expect(recorder.all("end").at(-1)?.data.outputs).toBe("[Not watched]");
  });

  it("of which one branch is cancelled is recorded from the other", async () => {
    const recorder = record();
    const [left, right] = (await open(stream())).tee();
    const cancelled = left.cancel();
    expect(await collect(right)).toEqual(words);
    await cancelled;
    expect(recorder.one("end").data).toMatchObject({ token_count: 3, outputs: "a b c " });
    expect(recorder.one("end").data.cancelled).toBeUndefined();
  });

  it("of bytes gives branches of bytes", async () => {
    record();
    const source = new ReadableStream({ type: "bytes", start: (c) => c.enqueue(Uint8Array.of(1, 2)) });
    const [, right] = (await open(source)).tee();
    const reader = right.getReader({ mode: "byob" });
    expect([...(await reader.read(new Uint8Array(1))).value!]).toEqual([1]);
  });

  it("is pulled only as it is read, and unlocked until then", async () => {
    record();
    const readable = await open(stream());
    expect(readable.locked).toBe(false);
    await new Promise(setImmediate);
    expect(pulled).toBe(0);
    const reader = readable.getReader();
    await reader.read();
    await new Promise(setImmediate);
    expect(pulled).toBe(1);
  });

  it("passes the reason for cancelling on to its source", async () => {
    const recorder = record();
    const reason = new Error("enough");
    const readable = await open(stream());
    await readable.cancel(reason);
    expect(cancelled).toBe(reason);
    expect(recorder.one("end").data).toMatchObject({ cancelled: true, token_count: 0 });
  });

  it.each<[string, (readable: ReadableStream) => Promise<unknown>]>([
    [
      "its reader",
      async (readable) => {
        const reader = readable.getReader();
        const pending = reader.read();
        await reader.cancel();
        return pending;
      },
    ],
    [
      "a pipe",
      async (readable) => {
        const reader = readable.pipeThrough(new TransformStream()).getReader();
        const pending = reader.read();
        await later(1);
        await reader.cancel();
        return pending;
      },
    ],
  ])("that is cancelled by %s while a read is pending ends its call as cancelled", async (_, cancel) => {
    const recorder = record();
    const never = new ReadableStream({ pull: () => new Promise(() => {}) });
    expect(await cancel(await open(never))).toEqual({ done: true, value: undefined });
    await later(1);
    expect(recorder.one("end").data).toMatchObject({ cancelled: true, token_count: 0 });
  });

  it("fails with the same error as its source", async () => {
    const recorder = record();
    const error = new RangeError("connection lost");
    const reader = (await open(stream(["a"], error))).getReader();
    expect(await reader.read()).toEqual({ done: false, value: "a" });
    await expect(reader.read()).rejects.toBe(error);
    await expect(reader.closed).rejects.toBe(error);
    expect(recorder.one("error").data).toMatchObject({ error_message: "connection lost", token_count: 1 });
  });

  it("of bytes fills the reader's own buffer", async () => {
    const recorder = record();
    const chunks = [Uint8Array.of(1, 2, 3, 4), Uint8Array.of(5)];
    const source = new ReadableStream({
      type: "bytes",
      pull(controller) {
        const chunk = chunks.shift();
        if (chunk) controller.enqueue(chunk);
        else {
          controller.close();
          controller.byobRequest?.respond(0);
        }
      },
    });
    const readable = await open(source);
    const reader = readable.getReader({ mode: "byob" });
    const first = await reader.read(new Uint8Array(3));
    expect([...first.value!]).toEqual([1, 2, 3]);
    const second = await reader.read(new Uint8Array(first.value!.buffer));
    expect([...second.value!]).toEqual([4]);
    reader.releaseLock();
    expect(await collect(readable)).toEqual([Uint8Array.of(5)]);
    expect(recorder.one("end").data).toMatchObject({ token_count: 3 });
  });

  it("that is read already is returned unchanged", async () => {
    const recorder = record();
    const locked = stream();
    locked.getReader();
    expect(await open(locked)).toBe(locked);
    expect(recorder.types).toEqual(["start", "end"]);
  });
});

describe("a model call", () => {
  const usage = { input_tokens: 10, output_tokens: 2, total_tokens: 12 };

  async function streamed(chunks: readonly unknown[]): Promise<Recorder> {
    const recorder = record();
    const create = instrument(
      async function* create(_: { model: string }) {
        yield* chunks;
      },
      { kind: "llm" },
    );
    for await (const _ of create({ model: "asked-for" }));
    return recorder;
  }

  it("records model, usage and duration", async () => {
    const recorder = record();
    const create = instrument(
      async ({ model }: { model: string }) => ({
        model: `${model}-2025`,
        usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
      }),
      { kind: "llm", operation: "create" },
    );
    await create({ model: "small" });
    expect(recorder.types).toEqual(["llm_start", "llm_end"]);
    expect(recorder.one("llm_start").data).toMatchObject({ model: "small" });
    expect(recorder.one("llm_end").data).toMatchObject({
      model: "small-2025",
      usage,
      duration_ms: expect.any(Number),
    });
  });

  it("can be traced", () => {
    const recorder = record();
    trace("generate", { kind: "llm", inputs: [{ model: "small" }] }, () => "text");
    expect(recorder.one("llm_start").data).toEqual({ model: "small", inputs: [{ model: "small" }] });
    expect(recorder.one("llm_end").data).toMatchObject({ model: "small", outputs: "text" });
  });

  it.each<[string, unknown[], object]>([
    [
      "OpenAI, chat",
      [
        { model: "m", choices: [{ delta: { role: "assistant", content: "" } }] },
        { model: "m", choices: [{ delta: { content: "Hi" } }], usage: null },
        { model: "m", choices: [], usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 } },
      ],
      usage,
    ],
    [
      "OpenAI, responses",
      [
        { type: "response.created", response: { model: "m", usage: null } },
        { type: "response.output_text.delta", delta: "Hi" },
        { type: "response.completed", response: { model: "m", usage } },
      ],
      usage,
    ],
    [
      "Anthropic",
      [
        { type: "message_start", message: { model: "m", usage: { input_tokens: 10, output_tokens: 1 } } },
        { type: "content_block_delta", delta: { type: "text_delta", text: "Hi" } },
        { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 2 } },
      ],
      { input_tokens: 10, output_tokens: 2 },
    ],
    [
      "Google",
      [
        {
          modelVersion: "m",
          candidates: [{ content: { parts: [{ text: "H" }, { text: "i" }] } }],
          usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 2, totalTokenCount: 12 },
        },
      ],
      usage,
    ],
  ])("is recorded from a stream of %s", async (_, chunks, expected) => {
    const recorder = await streamed(chunks);
    expect(tokensOf(recorder)).toEqual(["Hi"]);
    const { data } = recorder.one("llm_end");
    expect(data).toMatchObject({ model: "m", usage: expected, outputs: "Hi" });
    expect(recorder.one("llm_start").data.model).toBe("asked-for");
  });

  it("that fails records the error and the model", async () => {
    const recorder = record();
    const create = instrument(async (_: { model: string }) => raise(), { kind: "llm" });
    await expect(create({ model: "small" })).rejects.toThrow("rate limit");
    expect(recorder.types).toEqual(["llm_start", "error"]);
    expect(recorder.one("error").data).toMatchObject({ model: "small", error_message: "rate limit" });
  });

  it("whose answer cannot be read ends nevertheless", () => {
    const recorder = record();
    const hostile = new Proxy({}, { get: () => raise(), ownKeys: () => raise() });
    expect(trace("generate", { kind: "llm" }, () => hostile)).toBe(hostile);
    expect((recorder.one("llm_end") as StreamllEvent).data.outputs).toBe("[Unreadable]");
  });
});

function raise(): never {
  throw new Error("rate limit");
}
