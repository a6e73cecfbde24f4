import { AsyncLocalStorage } from "node:async_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { emit, instrument, trace } from "../../../src/index.js";

const log = (...what: unknown[]) => console.log(...what);
const fail = () => Promise.reject(new Error("mine"));
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const unhandled = () =>
  process.on("unhandledRejection", (error) => log("unhandled", (error as Error).message));

/** Programs that use instrumented values and print the results, which have to be the same with and without recording. */
export const scenarios: Record<string, () => unknown> = {
  "a rejection that the method handles itself": () => {
    class Cache {
      load() {
        const loading = fail();
        loading.catch(() => {});
        return loading;
      }
    }
    const cache = instrument(new Cache());
    cache.load();
    return later(100);
  },
  "a rejected promise that is given twice, and handled once": async () => {
    const kept = fail();
    const get = instrument(() => kept);
    get().catch(() => log("handled"));
    get();
    log(get() === kept);
    await later(100);
  },
  "an async function's rejection that nobody handles": () => void instrument(async () => fail())(),
  "a promise's rejection that nobody handles": () => void instrument(() => fail())(),
  "a rejection that comes later and nobody handles": () => void instrument(() => later(50).then(fail))(),
  "a rejection that nobody handles, in a trace": () => void trace("job", () => later(1).then(fail)),
  "a rejection of which only the value is asked for": () => void instrument(() => fail())().then(log),
  "rejections that the program listens for": async () => {
    const given = new Set<unknown>();
    process.on("unhandledRejection", (error, promise) => log((error as Error).message, given.has(promise)));
    process.on("rejectionHandled", (promise) => log("handled late", given.has(promise)));
    const call = instrument(() => later(1).then(fail));
    const [one, other] = [call(), call()];
    given.add(one).add(other);
    await later(50);
    one.catch(() => log("caught"));
    await later(50);
  },
  "a rejection that is handled late in the same turn": async () => {
    unhandled();
    const promise = instrument(() => fail())();
    await null;
    await null;
    promise.catch(() => log("caught"));
    await later(10);
  },
  "all that can be done with a promise": async () => {
    const give = instrument(<T>(promise: Promise<T>) => promise);
    const kept = Promise.resolve(1);
    log(
      give(kept) === kept,
      kept.constructor === Promise,
      kept instanceof Promise,
      Object.getOwnPropertyNames(kept),
    );
    log(await Promise.all([give(kept), give(Promise.resolve(2))]));
    log(await Promise.race([give(later(1000)), give(kept)]));
    log(await Promise.allSettled([give(fail()), give(kept)]));
    log(await give(fail()).catch(({ message }: Error) => message));
    log(await give(kept).finally(() => log("finally")));
    log(Object.getPrototypeOf(kept) === Promise.prototype);
    for await (const value of [give(Promise.resolve(3))]) log(value);
    await (async () => give(fail()))().catch(({ message }: Error) => log(message));
    await new Promise((_, reject) => setTimeout(reject, 1, give(kept))).catch(async (promise) =>
      log(await promise),
    );
    process.exit();
  },
  "the order of what promises do": async () => {
    const give = instrument(() => Promise.resolve("given"));
    const order: string[] = [];
    const first = give().then(() => order.push("a"));
    const second = Promise.resolve().then(() => order.push("b"));
    const third = (async () => {
      await give();
      order.push("c");
    })();
    Promise.resolve()
      .then(() => order.push("d"))
      .then(() => order.push("e"));
    await Promise.all([first, second, third]);
    await later(1);
    log(order.join(""));
  },
  "a promise that is frozen": async () => {
    log(await instrument(() => Object.freeze(Promise.resolve(1)))());
    instrument(() => Object.freeze(fail()))().catch(() => log("caught"));
  },
  "a promise with methods of its own, of which the program has copies": async () => {
    class Request extends Promise<string> {}
    class Cancelable {
      readonly #promise = Promise.resolve("text");
      // biome-ignore lint/suspicious/noThenProperty: as p-cancelable has it
      then(...handlers: Parameters<Promise<string>["then"]>) {
        return this.#promise.then(...handlers);
      }
      json() {
        const copy = (async () => ({ json: await this.#promise }))();
        return Object.defineProperties(copy, Object.getOwnPropertyDescriptors(this));
      }
    }
    const request = instrument(() => new Cancelable());
    log(await request().json().then(JSON.stringify), await request().then((text) => text.length));
    const kept = Object.assign(Request.resolve("r"), { id: 1 });
    const given = instrument(() => kept)();
    log(given === kept, given.id, given instanceof Request, await given, given.then() instanceof Request);
  },
  "toJSON that is async and rejects": async () => {
    class Data {
      async toJSON() {
        throw new Error("mine");
      }
    }
    instrument((_: unknown) => new Data())(new Data());
    emit("note", { data: { data: new Data(), list: Object.assign([1], { toJSON: async () => fail() }) } });
    await later(10);
  },
  "getters of a result": async () => {
    let runs = 0;
    class Result {
      readonly own = 1;
      get text() {
        runs++;
        return fail();
      }
      get usage() {
        return this.text;
      }
      // biome-ignore lint/suspicious/noThenProperty: hostile
      get then() {
        return void runs++;
      }
      get [Symbol.asyncIterator]() {
        return void runs++;
      }
    }
    const result = new Result();
    Object.defineProperty(result, "model", { enumerable: true, get: () => fail() });
    log(instrument((_: Result) => result, { kind: "llm" })(result) === result, runs);
    await later(10);
  },
  "a proxy, as this, argument, result and error": () => {
    let traps = 0;
    const trap = () => {
      traps++;
      throw new Error("trap");
    };
    const handler = Object.fromEntries(
      ["get", "has", "ownKeys", "getPrototypeOf", "getOwnPropertyDescriptor", "set", "defineProperty"].map(
        (name) => [name, trap],
      ),
    );
    const proxy = new Proxy({}, handler);
    const below = { __proto__: proxy };
    log(instrument((..._: unknown[]) => proxy).call(proxy, proxy, [proxy, below]) === proxy);
    try {
      instrument(() => {
        throw proxy;
      })();
    } catch (error) {
      log(error === proxy);
    }
    log(traps);
  },
  "a stack that goes on through an async function": async () => {
    const inner = instrument(async function inner() {
      await null;
      throw new Error("mine");
    });
    async function outer() {
      await inner();
    }
    await outer().catch(({ stack }: Error) => log(stack?.includes("async outer")));
  },
  "a listener of beforeExit": () => {
    const save = instrument(() => log("saved"));
    process.on("beforeExit", save);
  },
  "what is around a call": async () => {
    const store = new AsyncLocalStorage<string>();
    const read = instrument(async () => {
      await null;
      return store.getStore();
    });
    log(await store.run("request", () => read()), store.getStore());
  },
  "an iterator of which a step is rejected and handled": async () => {
    const steps = instrument(() => ({
      [Symbol.asyncIterator]: () => ({
        next() {
          const step = fail() as Promise<IteratorResult<number>>;
          step.catch(() => {});
          return step;
        },
      }),
    }));
    const iterator = steps()[Symbol.asyncIterator]();
    iterator.next();
    await iterator.next().catch(({ message }: Error) => log(message));
    await later(30);
  },
  "cancelling a stream of bytes with a read pending": async () => {
    const open = instrument(() => {
      const cancel = (reason: unknown) => log("cancelled", reason);
      return new ReadableStream({ type: "bytes", autoAllocateChunkSize: 16, cancel });
    });
    const reader = open().getReader();
    const read = reader.read();
    await reader.cancel("enough");
    log(await read);
    const end = new AbortController();
    const piped = open().pipeTo(new WritableStream(), { signal: end.signal });
    await later(5);
    end.abort("aborted");
    await piped.catch((reason) => log("piped", reason));
  },
  "a body that is read by its Response": async () => {
    const chunks = () =>
      new ReadableStream({
        start(controller) {
          for (const text of ["a", "b"]) controller.enqueue(new TextEncoder().encode(text));
          controller.close();
        },
      });
    const response = new Response(chunks());
    const body = instrument(() => response.body)();
    log(body === response.body, body?.locked, response.bodyUsed, await response.text(), response.bodyUsed);
    const clone = instrument(() => new Response(chunks()))().clone();
    log(await clone.text());
    log(await new Response(instrument(chunks)()).text());
  },
  "a stream that is dropped unread": async () => {
    setFlagsFromString("--expose-gc");
    const words = instrument(async function* words() {
      yield "a";
    });
    words();
    for (let n = 0; n < 10; n++) {
      runInNewContext("gc")();
      await later(10);
    }
    log("done");
    process.exit();
  },
};
