import { describe, expect, it, vi } from "vitest";
import { instrument, silentLogger, trace } from "../../src/index.js";
import { record } from "./recorder.js";

const logIn = (name: string, password: string) => ({ name, token: `${password}!` });

describe("inputs and outputs", () => {
  it("can be left out, for all calls or for one", () => {
    const recorder = record({ capture: { inputs: false, outputs: false } });
    instrument(logIn)("ada", "secret");
    instrument(logIn, { capture: { outputs: true } })("ada", "secret");
    const [first, second] = recorder.all("end");
    expect(recorder.all("start").map(({ data }) => data)).toEqual([{}, {}]);
    expect(Object.keys(first!.data)).toEqual(["duration_ms"]);
    expect(second!.data.outputs).toEqual({ name: "ada", token: "secret!" });
  });

  it("can be redacted", () => {
    const recorder = record({ capture: { inputs: ([name]) => [name, "***"] } });
    instrument(logIn, { capture: { outputs: (v) => Object.keys(v as object) } })("ada", "secret");
    expect(recorder.one("start").data.inputs).toEqual(["ada", "***"]);
    expect(recorder.one("end").data.outputs).toEqual(["name", "token"]);
  });

  it("are never shown raw when the redactor throws, and the program goes on", () => {
    const warn = vi.fn();
    const recorder = record({
      capture: { inputs: fail, outputs: fail },
      logger: { debug() {}, info() {}, error() {}, warn },
    });
    expect(instrument(logIn)("ada", "secret").name).toBe("ada");
    expect(recorder.one("start").data.inputs).toBe("[Redactor threw]");
    expect(recorder.one("end").data.outputs).toBe("[Redactor threw]");
    expect(JSON.stringify([recorder.events, warn.mock.calls])).not.toContain("secret");
    expect(warn).toHaveBeenCalledTimes(2);
  });

  it("are never shown raw when the redactor is async, and its rejection does not reach the program", async () => {
    const warn = vi.fn();
    const capture = { outputs: async () => fail() };
    const recorder = record({ capture, logger: { debug() {}, info() {}, error() {}, warn } });
    instrument(logIn)("ada", "secret");
    await new Promise(setImmediate);
    expect(recorder.one("end").data.outputs).toBe("[Redactor threw]");
    expect(warn.mock.calls.map(([, message]) => message)).toEqual([
      "capture.outputs is async, but must return at once; the value is left out (logged once)",
    ]);
  });

  it("can be selected from the arguments before capture.inputs applies", () => {
    const recorder = record({ capture: { inputs: ([name]) => [String(name).toUpperCase()] } });
    instrument(logIn, { inputs: (name: string, _password: string) => [name] })("ada", "secret");
    expect(recorder.one("start").data.inputs).toEqual(["ADA"]);
    expect(JSON.stringify(recorder.one("start"))).not.toContain("secret");
  });

  it("are left out when the inputs function throws", () => {
    const recorder = record({ logger: silentLogger });
    expect(instrument(logIn, { inputs: fail })("ada", "secret").name).toBe("ada");
    expect(recorder.one("start").data).toEqual({});
  });

  it("of a stream are redacted as a whole, while its tokens are only counted", () => {
    const recorder = record({ capture: { outputs: (v) => String(v).replace("secret", "***") } });
    const spell = instrument(function* spell() {
      yield "a sec";
      yield "ret";
    });
    expect([...spell()]).toHaveLength(2);
    expect(recorder.one("token").data).toEqual({ token_index: 0, token_count: 2 });
    expect(recorder.one("end").data.outputs).toBe("a ***");
  });

  it("of a stream are cut as a whole, in its token events and in its end", () => {
    const recorder = record({ capture: { maxBytes: 100 } });
    const rows = instrument(function* rows() {
      for (let n = 0; n < 60; n++) yield { row: `number ${n}` };
    });
    expect([...rows()]).toHaveLength(60);
    const { data } = recorder.one("token");
    expect(data.token_count).toBe(60);
    expect(JSON.stringify(data.tokens).length).toBeLessThan(200);
    expect(recorder.one("end").data.outputs).toEqual(data.tokens);
    expect(JSON.stringify(data.tokens)).toContain("[Truncated]");
  });

  it("show what they were at the time of the call", () => {
    const recorder = record();
    const request = { question: "why?", history: [{ text: "before" }] };
    instrument((given: typeof request) => {
      given.question = "changed";
      given.history[0]!.text = "changed";
    })(request);
    expect(recorder.one("start").data.inputs).toEqual([{ question: "why?", history: [{ text: "before" }] }]);
  });

  it("are cut to 8 KiB each, with a marker", () => {
    const recorder = record();
    instrument((text: string) => Array(100_000).fill(text.length))("é".repeat(10_000));
    const [input] = recorder.one("start").data.inputs as string[];
    expect(input).toBe(`${"é".repeat(4095)}…[Truncated]`);
    const outputs = recorder.one("end").data.outputs as unknown[];
    expect(outputs.at(-1)).toBe("[Truncated]");
    expect(JSON.stringify(outputs).length).toBeLessThan(20_000);
  });

  it("are cut to maxBytes, of the call or else of configure", () => {
    const recorder = record({ capture: { maxBytes: "1KiB" } });
    trace("small", { capture: { maxBytes: 10 } }, () => "0123456789abc");
    trace("exact", { capture: { maxBytes: 13 } }, () => "0123456789abc");
    trace("default", undefined, () => "x".repeat(2000));
    expect(recorder.all("end").map(({ data }) => (data.outputs as string).length)).toEqual([22, 13, 1036]);
    expect(recorder.one("end", "small").data.outputs).toBe("0123456789…[Truncated]");
  });

  it("are cut to the default size when trace gets an invalid maxBytes", () => {
    const recorder = record();
    expect(trace("odd", { capture: { maxBytes: "much" } }, () => "fine")).toBe("fine");
    expect(recorder.one("end").data.outputs).toBe("fine");
  });

  it.each<[string, unknown, unknown]>([
    ["bigint", 10n ** 20n, "100000000000000000000"],
    ["a date", new Date(0), "1970-01-01T00:00:00.000Z"],
    ["a map", new Map([["a", 1]]), { a: 1 }],
    ["a map with other keys", new Map([[1, 2]]), [[1, 2]]],
    ["a set", new Set([1]), [1]],
    ["bytes", Buffer.from("hi"), "aGk="],
    ["numbers", Float64Array.of(1.5), [1.5]],
    ["a boxed string", Object("x"), "x"],
    ["a function among fields", { a: () => {}, b: 1 }, { b: 1 }],
    ["a list with holes of JSON", [undefined, () => {}], [null, null]],
    ["nothing but a function", () => {}, undefined],
  ])("are converted to plain JSON: %s", (_, value, expected) => {
    const recorder = record();
    trace("odd", () => value);
    const { outputs } = recorder.one("end").data;
    expect(outputs).toEqual(expected === undefined ? undefined : expected);
  });

  it("may be circular, throw when they are read, or try to pollute prototypes", () => {
    const recorder = record();
    const cycle: Record<string, unknown> = { name: "cycle" };
    cycle.self = cycle;
    const values = [
      cycle,
      JSON.parse('{"__proto__": {"polluted": true}, "a": 1}'),
      Object.defineProperty({}, "field", { enumerable: true, get: fail }),
      { toJSON: fail },
      new Proxy({}, { ownKeys: fail }),
    ];
    const seen = instrument((...all: unknown[]) => all.length)(...values);
    expect(seen).toBe(5);
    const json = JSON.stringify(recorder.one("start").data.inputs);
    expect(json).toBe(
      '[{"name":"cycle","self":"[Circular]"},{"__proto__":{"polluted":true},"a":1},{"field":"[Getter]"},"[Unreadable]","[Unreadable]"]',
    );
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it("are captured without running a getter", () => {
    const recorder = record();
    let runs = 0;
    const lazy = {
      kept: 1,
      get text() {
        return runs++;
      },
    };
    const list = Object.defineProperty([1], 0, { get: () => runs++ });
    class Lazy extends Map<string, number> {
      override [Symbol.iterator](): MapIterator<[string, number]> {
        runs++;
        return super[Symbol.iterator]();
      }
      get toJSON() {
        return runs++;
      }
    }
    trace("lazy", { kind: "llm", inputs: [lazy, list, new Lazy([["a", 1]])] }, () => lazy);
    expect(runs).toBe(0);
    expect(recorder.one("llm_start").data.inputs).toEqual([
      { kept: 1, text: "[Getter]" },
      ["[Getter]"],
      { a: 1 },
    ]);
    expect(recorder.one("llm_end").data.outputs).toEqual({ kept: 1, text: "[Getter]" });
  });

  it.each<[string, () => unknown]>([
    ["a million empty texts", () => Array(1_000_000).fill("")],
    ["a million objects", () => Array(1_000_000).fill({})],
    ["a million holes", () => Array(1_000_000)],
    ["numbers with many digits", () => Array(100_000).fill(Math.PI)],
    ["control characters", () => "\u0001".repeat(1_000_000)],
    ["quotes", () => ['"'.repeat(5000), "\\".repeat(5000)]],
    ["replacement characters", () => "\uFFFD".repeat(1_000_000)],
    ["lone surrogates", () => "\ud800".repeat(1_000_000)],
    ["emoji", () => "😀".repeat(1_000_000)],
    ["a large buffer", () => Buffer.alloc(100_000_000)],
    ["a set", () => new Set(Array.from({ length: 50_000 }, (_, n) => n))],
    ["a map", () => new Map(Array.from({ length: 50_000 }, (_, n) => [`${n}`, n]))],
    [
      "a map whose last key is not a text",
      () =>
        new Map<unknown, number>([
          ["a", 1],
          ["b", 2],
          [{}, 3],
        ]),
    ],
    ["a bigint of a million digits", () => 2n ** 3_300_000n],
    ["a name of 2 MB", () => ({ ["n".repeat(2_000_000)]: 1 })],
    ["an error with a name of 2 MB", () => Object.assign(new Error("m"), { name: "n".repeat(2_000_000) })],
  ])("stay within maxBytes and take little time: %s", { timeout: 30_000 }, (_, make) => {
    const recorder = record();
    const value = make();
    const spent = cpuMs(() => {
      trace("large", { inputs: [value] }, () => value);
      try {
        trace("large", () => raise(value));
      } catch {}
    });
    expect(spent).toBeLessThan(1000);
    for (const { data } of recorder.events)
      expect(Buffer.byteLength(JSON.stringify(data))).toBeLessThan(9000);
    expect(recorder.types).toEqual(["start", "end", "start", "error"]);
  });

  it("take little time with characters that need several bytes, even with a large maxBytes", () => {
    const recorder = record({ capture: { maxBytes: "256KiB" } });
    expect(cpuMs(() => trace("large", () => "\uFFFD".repeat(90_000)))).toBeLessThan(1000);
    expect(recorder.one("end").data.outputs).toMatch(/^\uFFFD{87381}…\[Truncated\]$/);
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["empty texts", ""],
    ["objects", {}],
  ])("of a stream of %s are bounded", (_, chunk) => {
    const recorder = record();
    const many = instrument(function* many() {
      for (let n = 0; n < 20_000; n++) yield chunk;
    });
    for (const _ of many());
    const { data } = recorder.one("end");
    expect(data.token_count).toBe(20_000);
    expect(JSON.stringify(data.outputs).length).toBeLessThan(9000);
    expect((data.outputs as { length: number }).length).toBeLessThan(9000);
  });

  it("show an error by its standard fields, never by those that a client added", () => {
    const recorder = record();
    const error = Object.assign(new Error("refused"), { code: "E1", config: { password: "secret" } });
    trace("odd", () => error);
    expect(recorder.one("end").data.outputs).toMatchObject({ name: "Error", message: "refused", code: "E1" });
    expect(JSON.stringify(recorder.events)).not.toContain("secret");
  });

  it("stay small in the events when they are huge", () => {
    const recorder = record();
    const huge = { buffer: Buffer.alloc(50_000_000), text: "x".repeat(50_000_000), rows: new Set([1, 2]) };
    trace("huge", () => huge);
    expect(Buffer.byteLength(JSON.stringify(recorder.events))).toBeLessThan(10_000);
  });
});

/** The CPU time of this process alone, as others may keep the machine busy. */
function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function raise(error: unknown): never {
  throw error;
}

function fail(): never {
  throw new Error("secret");
}
