import { setTimeout as later } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { emit, instrument, silentLogger, type TraceOptions, trace } from "../../src/index.js";
import { record } from "./recorder.js";

describe("nested calls", () => {
  it("share one execution, and each has the start of its enclosing call as parent", async () => {
    const recorder = record();
    await trace("answer", async () => {
      await trace("retrieve", () => emit("documents_found", { data: { count: 3 } }));
      trace("rerank", () => {});
    });
    const answer = recorder.one("start", "answer");
    const retrieve = recorder.one("start", "retrieve");
    expect(answer.parentId).toBeUndefined();
    expect(retrieve.parentId).toBe(answer.eventId);
    expect(recorder.one("start", "rerank").parentId).toBe(answer.eventId);
    expect(recorder.one("documents_found")).toMatchObject({ parentId: retrieve.eventId, data: { count: 3 } });
    expect(new Set(recorder.events.map(({ executionId }) => executionId)).size).toBe(1);
    expect(new Set(recorder.events.map(({ eventId }) => eventId)).size).toBe(recorder.events.length);
  });

  it("have the start of the same call as the parent of each end", async () => {
    const recorder = record();
    await trace("answer", () => trace("retrieve", async () => {}));
    for (const operation of ["answer", "retrieve"]) {
      expect(recorder.one("end", operation).parentId).toBe(recorder.one("start", operation).eventId);
    }
  });

  it("keep their parents across timers, awaits and promises", async () => {
    const recorder = record();
    await trace("outer", async () => {
      await later(1);
      await new Promise<void>((resolve) => {
        setTimeout(() => {
          trace("in a timer", () => {});
          setImmediate(() => process.nextTick(resolve));
        });
      });
      await Promise.resolve().then(() => emit("in a promise"));
    });
    const { eventId } = recorder.one("start", "outer");
    expect(recorder.one("start", "in a timer").parentId).toBe(eventId);
    expect(recorder.one("in a promise").parentId).toBe(eventId);
  });

  it("do not mix when they run concurrently", async () => {
    const recorder = record();
    const answer = instrument(async function answer(question: string) {
      await later(1);
      emit("asked", { data: { question } });
    });
    await Promise.all([answer("a"), answer("b")]);
    const starts = recorder.all("start");
    expect(starts[0]!.executionId).not.toBe(starts[1]!.executionId);
    for (const start of starts) {
      const asked = recorder.all("asked").find(({ parentId }) => parentId === start.eventId);
      expect([asked?.data.question]).toEqual(start.data.inputs);
      expect(asked?.executionId).toBe(start.executionId);
    }
  });

  it("inherit tags and the module name", () => {
    const recorder = record({ tags: { service: "search", team: "core" } });
    trace("outer", { tags: { team: "rag" }, moduleName: "RAG" }, () => {
      trace("inner", { tags: { step: "1" } }, () => emit("note", { tags: { step: "2" } }));
    });
    expect(recorder.one("start", "inner")).toMatchObject({
      moduleName: "RAG",
      methodName: "inner",
      tags: { service: "search", team: "rag", step: "1" },
    });
    expect(recorder.one("note")).toMatchObject({ moduleName: "RAG", tags: { step: "2", team: "rag" } });
  });
});

describe("a call", () => {
  it.each<[string, unknown]>([
    ["null", null],
    [
      "tags that cannot be read",
      {
        tags: {
          get team() {
            throw new Error("tags");
          },
        },
      },
    ],
    [
      "inputs that cannot be read",
      {
        get inputs() {
          throw new Error("inputs");
        },
      },
    ],
  ])("runs even with invalid options: %s", (_, options) => {
    record({ logger: silentLogger });
    expect(trace("work", options as TraceOptions, () => "done")).toBe("done");
  });

  it("records its arguments, its result and its duration", async () => {
    const recorder = record();
    const add = instrument(function add(a: number, b: number) {
      return a + b;
    });
    expect(add(1, 2)).toBe(3);
    expect(recorder.one("start", "add")).toMatchObject({ methodName: "add", data: { inputs: [1, 2] } });
    const { data } = recorder.one("end", "add");
    expect(data).toEqual({ duration_ms: expect.any(Number), outputs: 3 });
  });

  it.each([
    ["throws", () => trace("fail", () => raise(new RangeError("out of range")))],
    ["rejects", () => trace("fail", async () => raise(new RangeError("out of range")))],
  ])("that %s records the error and throws the same one", async (_, act) => {
    const recorder = record();
    let caught: unknown;
    try {
      await act();
    } catch (error) {
      caught = error;
    }
    expect(caught).toBe(raised);
    expect(recorder.types).toEqual(["start", "error"]);
    const { data, parentId } = recorder.one("error");
    expect(parentId).toBe(recorder.one("start").eventId);
    expect(data).toMatchObject({ error_type: "RangeError", error_message: "out of range" });
    expect(data.traceback).toContain("calls.test.ts");
  });

  it("records the class of an error that has no name of its own", () => {
    const recorder = record();
    class BrokenIndex extends Error {}
    expect(() => trace("fail", () => raise(new BrokenIndex("x")))).toThrow(BrokenIndex);
    expect(recorder.one("error").data.error_type).toBe("BrokenIndex");
  });

  it("records any thrown value", () => {
    const recorder = record();
    for (const thrown of ["text", 3, null, undefined, { code: 4 }]) {
      let caught: unknown = "nothing";
      try {
        trace("fail", () => raise(thrown));
      } catch (error) {
        caught = error;
      }
      expect(caught).toBe(thrown);
    }
    const shown = recorder.all("error").map(({ data }) => [data.error_type, data.error_message]);
    expect(shown).toEqual([
      ["string", "text"],
      ["number", 3],
      ["object", null],
      ["undefined", undefined],
      ["object", { code: 4 }],
    ]);
  });

  it("ends when its promise settles, with the value that the program gets", async () => {
    const recorder = record();
    const value = { answer: 42 };
    const promise = trace("slow", async () => {
      await later(5);
      return value;
    });
    expect(recorder.types).toEqual(["start"]);
    expect(await promise).toBe(value);
    expect(recorder.one("end").data.outputs).toEqual({ answer: 42 });
    expect(recorder.one("end").data.duration_ms).toBeGreaterThan(3);
  });

  it("leaves an unhandled rejection unhandled, once", async () => {
    record();
    const unhandled: unknown[] = [];
    const listeners = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    process.on("unhandledRejection", (error) => unhandled.push(error));
    try {
      trace("fire and forget", async () => raise(new Error("nobody hears")));
      await trace("heard", async () => raise(new Error("heard"))).catch(() => {});
      await new Promise(setImmediate);
    } finally {
      process.removeAllListeners("unhandledRejection");
      for (const listener of listeners) process.on("unhandledRejection", listener);
    }
    expect(unhandled).toMatchObject([{ message: "nobody hears" }]);
  });

  it("does not start a lazy thenable before the program awaits it, and keeps its methods", async () => {
    const recorder = record();
    let runs = 0;
    class Query {
      #rows = ["a"];
      // biome-ignore lint/suspicious/noThenProperty: as query builders have it
      then<R>(onFulfilled: (rows: string[]) => R) {
        runs++;
        return Promise.resolve(this.#rows).then(onFulfilled);
      }
      limit(count: number) {
        this.#rows = this.#rows.slice(0, count);
        return this;
      }
    }
    const query = new Query();
    const find = instrument(() => query, { operation: "find" });
    expect(find()).toBe(query);
    await new Promise(setImmediate);
    expect([runs, recorder.types]).toEqual([0, ["start"]]);
    expect(await query.limit(1)).toEqual(["a"]);
    expect(runs).toBe(1);
    expect(recorder.one("end").data.outputs).toEqual(["a"]);
  });

  it("returns a subclass of Promise unchanged", async () => {
    const recorder = record();
    class ApiPromise<T> extends Promise<T> {
      requestId = "r1";
    }
    const failing = ApiPromise.reject(new Error("refused"));
    const call = instrument((promise: Promise<string>) => promise);
    const fine = ApiPromise.resolve("fine");
    expect(call(fine)).toBe(fine);
    expect(call(failing)).toBe(failing);
    expect(await fine).toBe("fine");
    await expect(failing).rejects.toThrow("refused");
    expect(recorder.types).toEqual(["start", "start", "end", "error"]);
  });
});

describe("a program without configure", () => {
  it("works as before and records nothing", async () => {
    const double = instrument((n: number) => 2 * n);
    expect(double(2)).toBe(4);
    expect(trace("x", () => 1)).toBe(1);
    expect(trace("x", { kind: "llm" }, () => 1)).toBe(1);
    expect(emit("note")).toBe(false);
  });
});

describe("emit", () => {
  it("outside of a call creates an event without a parent", () => {
    const recorder = record();
    expect(emit("note", { operation: "load", data: { n: 1 } })).toBe(true);
    const [event] = recorder.events;
    expect(event).toMatchObject({
      eventType: "note",
      operation: "load",
      data: { n: 1 },
      moduleName: "unknown",
    });
    expect(event?.parentId).toBeUndefined();
  });

  it("with invalid fields logs one warning, and does not throw", () => {
    const warnings: string[] = [];
    const logger = {
      debug() {},
      info() {},
      error() {},
      warn: (_: object, text: string) => void warnings.push(text),
    };
    const recorder = record({ logger });
    expect(emit("note", { moduleName: 3 as never })).toBe(false);
    expect(emit("")).toBe(false);
    expect(recorder.events).toEqual([]);
    expect(warnings).toHaveLength(1);
  });
});

let raised: unknown;

function raise(error: unknown): never {
  raised = error;
  throw error;
}
