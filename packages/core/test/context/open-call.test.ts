import { setTimeout as later } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { context } from "../../src/context/context.js";
import { OpenCalls } from "../../src/context/open-calls.js";
import {
  ConfigurationError,
  configure,
  emit,
  instrument,
  openCall,
  silentLogger,
  trace,
} from "../../src/index.js";
import { Recorder, record } from "./recorder.js";

describe("an opened call", () => {
  it("emits its start at once and its end when the handle ends it", () => {
    const recorder = record();
    const call = openCall("generate", { moduleName: "Model", inputs: ["why?"] });
    expect(recorder.types).toEqual(["start"]);
    call.end("because");
    const start = recorder.one("start");
    expect(start).toMatchObject({
      eventId: call.id,
      executionId: call.executionId,
      moduleName: "Model",
      methodName: "generate",
      operation: "generate",
      data: { inputs: ["why?"] },
    });
    expect(start.parentId).toBeUndefined();
    expect(recorder.one("end")).toMatchObject({ parentId: call.id, data: { outputs: "because" } });
  });

  it("has one end, whatever its handle is called with afterwards", () => {
    const recorder = record();
    const call = openCall("generate");
    call.end("first");
    call.end("second");
    call.fail(new Error("late"));
    call.cancel();
    call.token("late");
    expect(recorder.types).toEqual(["start", "end"]);
    expect([recorder.one("end").data.outputs, call.isOpen]).toEqual(["first", false]);
  });

  it("encloses everything that its run method runs, now and later", async () => {
    const recorder = record();
    const call = openCall("agent");
    await trace("elsewhere", async () => {
      await later(1);
      call.run(() => trace("tool", () => emit("note")));
    });
    call.end();
    expect(recorder.one("start", "tool").parentId).toBe(call.id);
    expect(recorder.one("note").executionId).toBe(call.executionId);
  });

  it("is below the call that it is opened in, or below the parent that it names", () => {
    const recorder = record();
    const run = openCall("run");
    trace("around", () => {
      openCall("in it").end();
      openCall("below the run", { parentId: run.id }).end();
    });
    expect(recorder.one("start", "in it").parentId).toBe(recorder.one("start", "around").eventId);
    expect(recorder.one("start", "below the run")).toMatchObject({
      parentId: run.id,
      executionId: run.executionId,
    });
  });

  it("begins a run of its own if the parent that it names is unknown", () => {
    const recorder = record();
    openCall("orphan", { parentId: "gone" }).end();
    expect(recorder.one("start").parentId).toBeUndefined();
  });

  it("has the times of its start and end that its caller passes", () => {
    const recorder = record();
    const call = openCall("span", { startedAt: new Date("2026-01-01T00:00:00.000Z"), id: "span-1" });
    call.end("done", { at: Date.parse("2026-01-01T00:00:02.500Z"), data: { attempt: 2 } });
    expect(recorder.one("start")).toMatchObject({
      eventId: "span-1",
      timestamp: "2026-01-01T00:00:00.000Z",
    });
    expect(recorder.one("end")).toMatchObject({
      timestamp: "2026-01-01T00:00:02.500Z",
      data: { duration_ms: 2500, attempt: 2 },
    });
  });

  it("records the tokens, model, usage and tool calls of a model", () => {
    const recorder = record();
    const call = openCall("generate", { kind: "llm", inputs: [{ model: "asked" }] });
    for (const text of ["Hel", "", "lo"]) call.token(text);
    call.record({ model: "given", usage: { input_tokens: 3 } });
    call.record({ usage: { output_tokens: 2 }, finish_reason: "tool_calls" });
    call.record({ tool_calls: [{ tool_call_id: "t1", name: "search", arguments: { q: "x" } }] });
    call.end();
    expect(recorder.one("llm_start").data.model).toBe("asked");
    expect(recorder.one("token").data).toMatchObject({ token: "Hello", token_count: 2 });
    expect(recorder.one("llm_end").data).toMatchObject({
      model: "given",
      usage: { input_tokens: 3, output_tokens: 2 },
      finish_reason: "tool_calls",
      tool_calls: [{ tool_call_id: "t1", name: "search", arguments: { q: "x" } }],
      outputs: "Hello",
      token_count: 2,
      time_to_first_token_ms: expect.any(Number),
    });
  });

  it("that fails has emitted the tokens that came before", () => {
    const recorder = record();
    const call = openCall("generate", { kind: "llm" });
    call.token("Hel");
    call.fail(new RangeError("too long"));
    expect(recorder.types).toEqual(["llm_start", "token", "error"]);
    expect(recorder.one("error").data).toMatchObject({ error_type: "RangeError", token_count: 1 });
  });

  it("may get its inputs only at its end, and captures them as configured", () => {
    const recorder = record({ capture: { inputs: ([text]) => [`${String(text).length} characters`] } });
    const call = openCall("generate");
    call.end("because", { inputs: ["a secret"] });
    expect(recorder.one("end").data).toMatchObject({ inputs: ["8 characters"], outputs: "because" });
    expect(JSON.stringify(recorder.events)).not.toContain("secret");
  });

  it("calls each onEnd listener once with how it ended, even one added later", () => {
    record();
    const [ended, failed, cancelled] = [openCall("a"), openCall("b"), openCall("c")];
    const seen: string[] = [];
    for (const call of [ended, failed, cancelled]) call.onEnd((how) => seen.push(how));
    ended.end();
    failed.fail(new Error("mine"));
    cancelled.cancel();
    ended.end();
    ended.onEnd((how) => seen.push(`late ${how}`));
    expect(seen).toEqual(["end", "error", "cancelled", "late end"]);
  });

  it("only runs the functions passed to run if nothing is configured", () => {
    const call = openCall("generate");
    expect([call.isOpen, call.run(() => 3)]).toEqual([false, 3]);
    call.token("a");
    call.end();
  });

  it("rejects an unknown option by its name", () => {
    expect(() => openCall("x", { parent: "y" } as never)).toThrow(ConfigurationError);
    expect(() => openCall("x", { parent: "y" } as never)).toThrow(/parent: unknown option/);
  });
});

describe("open calls", () => {
  it("are cancelled before their enclosing call ends", () => {
    const recorder = record();
    const run = openCall("run");
    const step = openCall("step", { parentId: run.id });
    step.run(() => openCall("model", { kind: "llm" }).token("half"));
    openCall("aside", { parentId: run.id, outlivesParent: true });
    run.end();
    const ends = recorder.events.filter(({ eventType }) => eventType.endsWith("end"));
    expect(ends.map(({ operation }) => operation)).toEqual(["model", "step", "run"]);
    expect(ends[0]!.data).toMatchObject({ cancelled: true, cancelled_by: "parent", outputs: "half" });
    expect(ends[2]!.data.cancelled).toBeUndefined();
  });

  it("are cancelled when a traced call ends, even if that throws", () => {
    const recorder = record();
    expect(() =>
      trace("outer", () => {
        openCall("inner");
        throw new Error("mine");
      }),
    ).toThrow("mine");
    expect(recorder.types).toEqual(["start", "start", "end", "error"]);
    expect(recorder.one("end")).toMatchObject({ operation: "inner", data: { cancelled_by: "parent" } });
  });

  it("are cancelled when recording stops, streams and promises included", async () => {
    const recorder = new Recorder();
    const streamll = configure({ sinks: [recorder] });
    openCall("opened");
    instrument(async function* stream() {
      yield 1;
    })();
    const held = instrument(() => new Promise(() => {}), { operation: "promise" })();
    await streamll.stop();
    const ends = recorder.all("end").map(({ operation, data }) => [operation, data.cancelled_by]);
    expect(ends.sort()).toEqual([
      ["opened", "stop"],
      ["promise", "stop"],
      ["stream", "stop"],
    ]);
    expect(held).toBeInstanceOf(Promise);
  });

  it("are no more than 10,000: the oldest is cancelled, and one warning is logged", () => {
    const warnings: string[] = [];
    const logger = { ...silentLogger, warn: (_: object, text: string) => void warnings.push(text) };
    const recorder = record({ logger });
    const calls = Array.from({ length: 10_002 }, (_, n) => openCall(`call ${n}`));
    expect(recorder.all("end").map(({ operation }) => operation)).toEqual(["call 0", "call 1"]);
    expect(recorder.one("end").data).toMatchObject({ cancelled: true, cancelled_by: "limit" });
    expect(warnings).toEqual([expect.stringMatching(/more than 10000 calls are open/)]);
    for (const call of calls) call.end();
  });
});

describe("a call that is never ended", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance", "Date"] });
    // The OpenCalls of the process may have a timer on real time already.
    Object.assign(context, { open: new OpenCalls() });
  });
  afterEach(() => void vi.useRealTimers());

  it("is cancelled after 15 minutes without an event", () => {
    const recorder = record();
    const call = openCall("idle");
    vi.advanceTimersByTime(14 * 60_000);
    call.token("still there");
    vi.advanceTimersByTime(14 * 60_000);
    expect(recorder.all("end")).toHaveLength(0);
    vi.advanceTimersByTime(62_000);
    expect(recorder.one("end").data).toMatchObject({ cancelled: true, cancelled_by: "idle" });
  });

  it("has the idleTimeout of configure, or one of its own", () => {
    const recorder = record({ idleTimeout: "1m" });
    openCall("short", { idleTimeout: "5s" });
    openCall("long");
    vi.advanceTimersByTime(10_000);
    expect(recorder.all("end").map(({ operation }) => operation)).toEqual(["short"]);
    vi.advanceTimersByTime(60_000);
    expect(recorder.all("end").map(({ operation }) => operation)).toEqual(["short", "long"]);
  });

  it("is not idle while a call below it is open", () => {
    const recorder = record({ idleTimeout: 60 });
    const run = openCall("run");
    const step = openCall("step", { parentId: run.id });
    for (let n = 0; n < 4; n++) {
      vi.advanceTimersByTime(40_000);
      step.token(n);
    }
    expect(recorder.all("end")).toHaveLength(0);
    vi.advanceTimersByTime(200_000);
    expect(recorder.all("end").map(({ operation }) => operation)).toEqual(["step", "run"]);
  });

  it("may return a stream that is left unread, and keeps no timer after its end", () => {
    const recorder = record();
    instrument(async function* unread() {
      yield 1;
    })();
    vi.advanceTimersByTime(16 * 60_000);
    expect(recorder.one("end").data).toMatchObject({ cancelled: true, cancelled_by: "idle", token_count: 0 });
    vi.advanceTimersByTime(2_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is not idle while it waits for a promise, however long", async () => {
    const recorder = record();
    const settled: ((text: string) => void)[] = [];
    const waiting = new Promise<string>((resolve) => settled.push(resolve));
    const given = instrument(() => waiting)();
    vi.advanceTimersByTime(24 * 3_600_000);
    expect(recorder.types).toEqual(["start"]);
    settled[0]!("at last");
    expect(await given).toBe("at last");
    expect(recorder.one("end").data.outputs).toBe("at last");
  });

  it("rejects an invalid idleTimeout", () => {
    expect(() => configure({ sinks: [], idleTimeout: "soon" })).toThrow(/idleTimeout/);
  });
});

describe("a job that joins a run", () => {
  it("is below the call of another process that it names", () => {
    const recorder = record();
    const job = { executionId: "run-1", parentId: "call-1" };
    trace("work", job, () => trace("inner", () => {}));
    instrument(() => {}, { operation: "handle", ...job })();
    openCall("opened", job).end();
    for (const operation of ["work", "handle", "opened"])
      expect(recorder.one("start", operation)).toMatchObject(job);
    expect(recorder.one("start", "inner").executionId).toBe("run-1");
  });

  it("gets the ids of the run from the handle of trace", () => {
    const recorder = record();
    const queue: { executionId: string; parentId: string }[] = [];
    trace("enqueue", (call) => queue.push({ executionId: call.executionId, parentId: call.id }));
    trace("work", queue[0], () => {});
    expect(recorder.one("start", "work")).toMatchObject({
      parentId: recorder.one("start", "enqueue").eventId,
      executionId: recorder.one("start", "enqueue").executionId,
    });
  });

  it("that names only the run is at its top, even inside a call of another run", () => {
    const recorder = record();
    trace("other", () => trace("work", { executionId: "run-2" }, () => {}));
    expect(recorder.one("start", "work").executionId).toBe("run-2");
    expect(recorder.one("start", "work").parentId).toBeUndefined();
  });

  it("gets an error for invalid ids", () => {
    expect(() => instrument(() => {}, { executionId: "" })).toThrow(/executionId/);
    expect(() => trace("work", { execution: "x" } as never, () => {})).toThrow(/unknown option/);
  });
});

describe("the handle of trace", () => {
  it("records what only the function knows", async () => {
    const recorder = record();
    const text = await trace("generate", { kind: "llm" }, async (call) => {
      call.record({ model: "mine-1", usage: { output_tokens: 7 } });
      call.token("a");
      call.token("b");
      return "ab";
    });
    expect(text).toBe("ab");
    const { data } = recorder.one("llm_end");
    expect(data).toMatchObject({
      model: "mine-1",
      usage: { output_tokens: 7 },
      outputs: "ab",
      token_count: 2,
    });
  });

  it("may end the call itself, once", () => {
    const recorder = record();
    trace("work", (call) => {
      call.end("early");
      return "late";
    });
    expect(recorder.types).toEqual(["start", "end"]);
    expect(recorder.one("end").data.outputs).toBe("early");
  });

  it("exists even if nothing is recorded", () => {
    expect(trace("work", (call) => call.run(() => call.isOpen))).toBe(false);
  });
});

describe("the error of a call", () => {
  it("has status, code and causes, without the fields that clients add to errors", () => {
    const recorder = record();
    const cause = Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
    const error = Object.assign(new Error("Connection error.", { cause }), {
      status: 502,
      code: "upstream",
      headers: { authorization: "secret" },
    });
    openCall("generate").fail(error);
    expect(recorder.one("error").data).toMatchObject({
      status: 502,
      code: "upstream",
      cause: { error_type: "Error", error_message: "socket hang up", code: "ECONNRESET" },
    });
    expect(JSON.stringify(recorder.events)).not.toContain("secret");
  });

  it("may be its own cause", () => {
    const recorder = record();
    const error = new Error("round");
    error.cause = error;
    openCall("generate").fail(error);
    expect(recorder.types).toEqual(["start", "error"]);
  });
});
