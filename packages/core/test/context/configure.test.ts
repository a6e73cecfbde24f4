import { afterEach, describe, expect, it, vi } from "vitest";
import { ConfigurationError, type Configured, configure, emit, trace } from "../../src/index.js";
import { nothing } from "./programs/nothing.js";
import { Recorder, record } from "./recorder.js";

let configured: Configured | undefined;
afterEach(() => configured?.stop());

const failing = (handleEvent: () => boolean) => ({
  handleEvent,
  flush: async () => nothing,
  stop: async () => nothing,
});

describe("two sinks", () => {
  it.each([
    ["throws", () => raise("broken")],
    ["takes nothing", () => false],
    ["rejects", () => Promise.reject(new Error("broken")) as unknown as boolean],
  ])("do not affect each other or the program if one %s", async (_, handleEvent) => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const recorder = new Recorder();
    configured = configure({ sinks: [failing(handleEvent), recorder] });
    expect(await trace("work", async () => "done")).toBe("done");
    emit("note");
    await new Promise(setImmediate);
    expect(recorder.types).toEqual(["start", "end", "note"]);
    expect(warn.mock.calls.length).toBeLessThanOrEqual(1);
    warn.mockRestore();
  });

  it("are both stopped, even if one fails", async () => {
    const recorder = new Recorder();
    const bad = { ...failing(() => true), stop: () => raise("no") };
    const both = configure({ sinks: [bad, recorder] });
    await expect(both.stop()).rejects.toThrow("no");
    expect(recorder.stops).toBe(1);
  });

  it("decide together what emit returns: whether all of them accepted the event", () => {
    configured = configure({ sinks: [new Recorder(), failing(() => false)] });
    expect(emit("note")).toBe(false);
  });
});

describe("the event filter", () => {
  it.each([
    ["a list", ["start", "error"]],
    ["a set", new Set(["start", "error"])],
    ["a predicate", ({ eventType }: { eventType: string }) => eventType !== "end"],
  ])("as %s passes the events that it names", (_, eventFilter) => {
    const recorder = record({ eventFilter });
    trace("work", () => {});
    expect(recorder.types).toEqual(["start"]);
  });

  it("that throws lets the event pass, and one warning is logged", () => {
    const warn = vi.fn();
    const logger = { debug() {}, info() {}, error() {}, warn };
    const recorder = record({ eventFilter: () => raise("secret"), logger });
    trace("work", () => {});
    expect(recorder.types).toEqual(["start", "end"]);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]![1]).toMatch(/eventFilter threw Error; the event passes/);
  });
});

describe("an async callback that rejects", () => {
  const rejecting = async () => raise("secret");

  it("as the event filter lets the event pass, and one warning is logged", async () => {
    const warn = vi.fn();
    const logger = { debug() {}, info() {}, error() {}, warn };
    const recorder = record({ eventFilter: rejecting as never, logger });
    trace("work", () => {});
    await new Promise(setImmediate);
    expect(recorder.types).toEqual(["start", "end"]);
    expect(warn.mock.calls.map(([, message]) => message)).toEqual([
      "eventFilter is async, but must return at once; the event passes (logged once)",
    ]);
  });

  it("as the logger causes no unhandled rejection", async () => {
    const logger = { debug() {}, info() {}, error() {}, warn: rejecting };
    record({ eventFilter: () => raise("filter"), logger });
    trace("work", () => {});
    await new Promise(setImmediate);
  });
});

describe("configure", () => {
  it("replaces an earlier configure for the calls that begin after it", async () => {
    const [first, second] = [new Recorder(), new Recorder()];
    configure({ sinks: [first] });
    const call = trace("long", async () => {
      await new Promise(setImmediate);
    });
    configured = configure({ sinks: [second] });
    emit("note");
    await call;
    expect(first.types).toEqual(["start", "end"]);
    expect(second.types).toEqual(["note"]);
    expect(first.stops).toBe(0);
  });

  it("records nothing after stop", async () => {
    const recorder = new Recorder();
    {
      await using _ = configure({ sinks: [recorder] });
      emit("note");
    }
    expect(recorder.stops).toBe(1);
    expect(emit("late")).toBe(false);
    expect(recorder.types).toEqual(["note"]);
  });

  it("applies to the whole process, even if this package is loaded twice", async () => {
    const recorder = record();
    vi.resetModules();
    const copy = await import("../../src/index.js");
    expect(copy.trace).not.toBe(trace);
    trace("outer", () => copy.trace("inner", () => emit("note")));
    expect(recorder.one("start", "inner").parentId).toBe(recorder.one("start", "outer").eventId);
    expect(recorder.one("note").parentId).toBe(recorder.one("start", "inner").eventId);
    expect(new Set(recorder.events.map(({ executionId }) => executionId)).size).toBe(1);
  });

  it("ends an open call with an enclosing call of another copy of this package", async () => {
    const recorder = record();
    vi.resetModules();
    const copy = await import("../../src/index.js");
    const inner = await trace("outer", async () => copy.openCall("inner"));
    expect(inner.isOpen).toBe(false);
    expect(recorder.one("end", "inner").data).toMatchObject({ cancelled: true, cancelled_by: "parent" });
  });

  it("lists every fault of its options", () => {
    let error: unknown;
    try {
      configure({
        sinks: [{} as never],
        eventFilter: "start" as never,
        filter: 1,
        tokens: "all",
        tags: { a: 1 },
        capture: { inputs: "no", input: true, maxBytes: -1 },
      } as never);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(ConfigurationError);
    const options = (error as ConfigurationError).problems.map(({ option }) => option);
    expect(options.sort()).toEqual([
      "capture.input",
      "capture.inputs",
      "capture.maxBytes",
      "eventFilter",
      "filter",
      "sinks[0]",
      "tags",
      "tokens",
    ]);
    expect(() => configure(undefined as never)).toThrow(/\{ sinks: … \}/);
    expect(() => configure({} as never)).toThrow(/sinks: write a list/);
  });
});

function raise(message: string): never {
  throw new Error(message);
}
