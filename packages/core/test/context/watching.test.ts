import { setTimeout as later } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { instrument } from "../../src/index.js";
import { record } from "./recorder.js";

describe("a promise without a handler", () => {
  it("still ends its call, with its value", async () => {
    const recorder = record();
    instrument(() => later(5, "done"))();
    await vi.waitFor(() => expect(recorder.types).toEqual(["start", "end"]), { timeout: 20_000 });
    expect(recorder.one("end").data.outputs).toBe("done");
  });

  it("that is rejected ends its call without the reason, as asking for it would handle the rejection", async () => {
    const recorder = record();
    instrument(() => {
      const failing = later(5).then(() => Promise.reject(new Error("mine")));
      failing.catch(() => {});
      return failing;
    })();
    await vi.waitFor(() => expect(recorder.types).toEqual(["start", "error"]), { timeout: 20_000 });
    expect(recorder.one("error").data).toMatchObject({
      error_type: "unknown",
      error_message: "[Not watched]",
    });
  });
});

describe("a promise", () => {
  it("is unchanged once it has a handler, and ends all calls that returned it", async () => {
    const recorder = record();
    const kept = later(1, "kept");
    const source = instrument({ inner: () => kept, outer: () => source.inner() });
    expect(source.outer()).toBe(kept);
    await source.outer();
    expect(Object.getPrototypeOf(kept)).toBe(Promise.prototype);
    expect(Reflect.ownKeys(kept)).toEqual(Reflect.ownKeys(Promise.resolve()).filter((key) => key in kept));
    const order = recorder.all("end").map(({ operation }) => operation);
    expect(order).toEqual(["inner", "outer", "inner", "outer"]);
  });

  it("may be of a derived class, also as the step of an iterator", async () => {
    const recorder = record();
    let made = 0;
    class Mine<T> extends Promise<T> {
      constructor(executor: ConstructorParameters<typeof Promise<T>>[0]) {
        super(executor);
        made++;
      }
    }
    const kept = new Mine<string>((resolve) => setTimeout(resolve, 1, "mine"));
    expect(await instrument(() => kept)()).toBe("mine");
    // `await` creates one promise of the class, and recording none.
    expect(made).toBe(2);
    expect(recorder.one("end").data.outputs).toBe("mine");
  });
});

describe("a method that is replaced to watch an object", () => {
  it("is not replaced for another object that copies its fields", async () => {
    const recorder = record();
    const iterable = {
      words: ["a"],
      async *[Symbol.asyncIterator]() {
        yield* this.words;
      },
    };
    const given = instrument(() => iterable)();
    const others = [Object.create(given, { words: { value: ["b"] } }), { ...given, words: ["c"] }];
    for (const other of others) for await (const word of other) expect(word).toBe(other.words[0]);
    expect(recorder.types).toEqual(["start"]);
    for await (const word of given) expect(word).toBe("a");
    expect(recorder.types).toEqual(["start", "token", "end"]);
  });

  it("cannot be replaced in a frozen object, and the event says so", () => {
    const recorder = record();
    const frozen = Object.freeze({ async *[Symbol.asyncIterator]() {} });
    expect(instrument(() => frozen)()).toBe(frozen);
    expect(recorder.one("end").data.outputs).toBe("[Not watched]");
  });
});
