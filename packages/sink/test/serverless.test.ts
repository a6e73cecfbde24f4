import { AsyncLocalStorage } from "node:async_hooks";
import { silentLogger } from "@streamll/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { flushAfter } from "../src/index.js";
import { onMemory } from "./on-memory.js";

const event = (operation: string) => ({ eventType: "step", operation });

/** The context of a call on AWS Lambda that has so many milliseconds left. */
const lambda = (ms: number) => ({ getRemainingTimeInMillis: () => ms });

describe("a handler with flushAfter", () => {
  it("passes on its arguments and result once its events are delivered", async () => {
    const { sink, types } = onMemory();
    const handler = flushAfter(
      async (question: string, _context: object) => {
        sink.handleEvent(event("answer"));
        return `${question} 42`;
      },
      { sink },
    );
    expect(await handler("why?", lambda(3000))).toBe("why? 42");
    expect(types()).toEqual(["step"]);
    await sink.stop();
  });

  it("that throws does so once its events are delivered", async () => {
    const { sink, types } = onMemory();
    const handler = flushAfter(
      () => {
        sink.handleEvent(event("answer"));
        throw new RangeError("no answer");
      },
      { sink },
    );
    await expect(handler()).rejects.toThrow(RangeError);
    expect(types()).toEqual(["step"]);
    await sink.stop();
  });

  it("answers when a flush fails", async () => {
    const flush = () => Promise.reject(new Error("no broker"));
    expect(await flushAfter(() => 42, { sink: { flush } })()).toBe(42);
  });

  it("passes on its result and error where the flush or the context throws", async () => {
    const boom = () => {
      throw new RangeError("boom");
    };
    expect(await flushAfter(() => 42, { sink: { flush: boom } })()).toBe(42);
    const failing = flushAfter((_context: object) => Promise.reject(new Error("mine")), {
      sink: { flush: boom },
    });
    await expect(failing({ getRemainingTimeInMillis: boom })).rejects.toThrow("mine");
  });

  describe("while the broker is away", () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
    afterEach(() => void vi.useRealTimers());
    const flush = () => new Promise<never>(() => {});

    it.each<[string, { timeout?: number | string }, object[], number]>([
      ["2 seconds", {}, [], 2000],
      ["its timeout", { timeout: "300ms" }, [{}, lambda(60_000)], 300],
      ["until 500 ms before the time that Lambda grants it is up", {}, [{}, lambda(1200)], 700],
      ["not at all where less is left", {}, [{}, lambda(400)], 0],
    ])("waits %s", async (_, options, args, ms) => {
      let answer: unknown;
      const called = flushAfter((..._args: object[]) => 42, { sink: { flush }, ...options })(...args);
      void called.then((value) => {
        answer = value;
      });
      await vi.advanceTimersByTimeAsync(Math.max(0, ms - 1));
      expect(answer).toBe(ms === 0 ? 42 : undefined);
      await vi.advanceTimersByTimeAsync(1);
      expect(answer).toBe(42);
    });
  });

  it("delivers with the next call what was not delivered in time", async () => {
    const { sink, broker, types } = onMemory({ retryBackoffMs: 1 });
    await sink.start();
    broker.faults.block("memory alarm");
    const handler = flushAfter(async () => sink.handleEvent(event("answer")), { sink, timeout: "20ms" });
    expect(await handler()).toBe(true);
    expect(types()).toEqual([]);
    broker.faults.unblock();
    await handler();
    await sink.stop();
    expect(types()).toEqual(["step", "step"]);
  });

  it("with wrong options is refused", () => {
    const wrong = () => flushAfter(undefined as never, { sink: {} as never, timeout: -1 });
    expect(wrong).toThrow(
      expect.objectContaining({
        problems: [
          { option: "handler", message: "must be a function: write flushAfter(handler, { sink })" },
          { option: "sink", message: "must be a sink, or what configure() returned" },
          { option: "timeout", message: expect.stringContaining("must be 0 to 900 seconds") },
        ],
      }),
    );
  });
});

describe("the option waitUntil", () => {
  it("is called with a promise that settles when the events of a call are delivered", async () => {
    const promises: Promise<unknown>[] = [];
    const { sink, types } = onMemory({
      waitUntil: (promise) => void promises.push(promise),
      batchTimeout: 60,
    });
    for (const operation of ["a", "b", "c"]) sink.handleEvent(event(operation));
    expect(promises).toHaveLength(1);
    await promises[0];
    expect(types()).toHaveLength(3);
    await sink.stop();
  });

  it("is called in the async context of each call, also where a flush of another call runs", async () => {
    const calls = new AsyncLocalStorage<string>();
    const waits: { call: string | undefined; promise: Promise<unknown> }[] = [];
    const { sink, broker, types } = onMemory({
      waitUntil: (promise) => void waits.push({ call: calls.getStore(), promise }),
    });
    await sink.start();
    broker.faults.block("memory alarm");
    calls.run("first", () => sink.handleEvent(event("a")));
    await new Promise(setImmediate);
    calls.run("second", () => sink.handleEvent(event("b")));
    expect(waits.map(({ call }) => call)).toEqual(["first", "second"]);
    broker.faults.unblock();
    await waits[1]?.promise;
    expect(types()).toHaveLength(2);
    await sink.stop();
  });

  it("is called for an event that is published", async () => {
    const promises: Promise<unknown>[] = [];
    const { sink, types } = onMemory({ waitUntil: (promise) => void promises.push(promise) });
    void sink.publish(event("a"));
    expect(promises).toHaveLength(1);
    await promises[0];
    expect(types()).toEqual(["step"]);
    await sink.stop();
    await expect(sink.publish(event("late"))).rejects.toMatchObject({ code: "STOPPED" });
    expect(promises).toHaveLength(1);
  });

  it("is called again by the next event after it threw, while an earlier flush runs", async () => {
    const calls = new AsyncLocalStorage<string>();
    const promises: Promise<unknown>[] = [];
    const { sink, broker, types } = onMemory({
      waitUntil(promise) {
        if (calls.getStore() === undefined) throw new Error("outside of a request");
        promises.push(promise);
      },
      logger: silentLogger,
    });
    await sink.start();
    broker.faults.block("memory alarm");
    calls.run("first", () => sink.handleEvent(event("a")));
    await new Promise(setImmediate);
    sink.handleEvent(event("outside"));
    for (const operation of ["b", "c"]) calls.run("second", () => sink.handleEvent(event(operation)));
    expect(promises).toHaveLength(2);
    broker.faults.unblock();
    await promises[1];
    expect(types()).toHaveLength(4);
    await sink.stop();
  });

  it("is not called for an event that is not accepted", async () => {
    const waitUntil = vi.fn();
    const { sink } = onMemory({ waitUntil, eventFilter: ["end"] });
    sink.handleEvent(event("filtered"));
    await sink.stop();
    expect(sink.handleEvent({ eventType: "end" })).toBe(false);
    expect(waitUntil).not.toHaveBeenCalled();
  });

  it("that throws is reported once, and the events are delivered", async () => {
    const warn = vi.fn();
    const waitUntil = () => {
      throw new Error("outside of a request");
    };
    const { sink, types } = onMemory({ waitUntil, logger: { ...silentLogger, warn } });
    sink.handleEvent(event("a"));
    await sink.flush();
    sink.handleEvent(event("b"));
    await sink.stop();
    expect(types()).toHaveLength(2);
    expect(warn.mock.calls).toEqual([
      [{ line: "callback_failed", about: "waitUntil" }, "waitUntil threw Error (reported once)"],
    ]);
  });
});
