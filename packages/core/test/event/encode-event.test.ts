import { createEvent, parseEvent, toWire } from "@streamll/core";
import { encodeEvent } from "@streamll/core/internal";
import { describe, expect, it } from "vitest";

const encoded = (data: unknown, limit?: number) =>
  encodeEvent(createEvent({ eventType: "end", data: data as never }), limit).toString();

/** What a consumer reads of `value`, beside neighbours that must not suffer. */
function read(value: unknown): unknown {
  const { data } = JSON.parse(encoded({ before: 1, value, after: 2 })) as {
    data: Record<string, unknown>;
  };
  const { before, after, ...rest } = data;
  expect([before, after]).toEqual([1, 2]);
  return rest.value;
}

const throwing = {
  get field(): string {
    throw new Error("trap");
  },
};

describe("the JSON of an event", () => {
  const event = createEvent({ eventType: "end", parentId: "p", data: { b: 1, a: [true, null, "é"] } });

  it("has the wire names in wire order", () => {
    const names = [
      "event_id",
      "execution_id",
      "timestamp",
      "module_name",
      "method_name",
      "event_type",
      "operation",
      "data",
      "tags",
      "parent_id",
    ];
    expect(Object.keys(JSON.parse(encodeEvent(event).toString()))).toEqual(names);
    expect(Object.keys(toWire(event))).toEqual(names);
  });

  it("is that of JSON.stringify for ordinary data, and read back the same event", () => {
    expect(encodeEvent(event).toString()).toBe(JSON.stringify(toWire(event)));
    expect(parseEvent(JSON.parse(encodeEvent(event).toString()))).toEqual(event);
  });

  it("has the same order and no parent_id also where a value is odd", () => {
    const odd = JSON.parse(encoded({ n: 1n }));
    expect(Object.keys(odd)).toEqual(Object.keys(toWire(createEvent({ eventType: "end" }))));
  });
});

describe("a value that JSON cannot hold", () => {
  it.each<[string, unknown, unknown]>([
    ["a bigint", 2n ** 64n, "18446744073709551616"],
    ["a Date", new Date(0), "1970-01-01T00:00:00.000Z"],
    ["an invalid Date", new Date(Number.NaN), null],
    ["NaN", Number.NaN, null],
    ["Infinity", Number.POSITIVE_INFINITY, null],
    ["undefined", undefined, undefined],
    ["a function", () => {}, undefined],
    ["a symbol", Symbol("s"), undefined],
    ["functions and symbols in a list", [() => {}, Symbol("s"), undefined, 1], [null, null, null, 1]],
    ["a Map of strings", new Map([["a", 1n]]), { a: "1" }],
    ["a Map with __proto__", new Map([["__proto__", 1]]), JSON.parse('{"__proto__":1}')],
    [
      "a Map of other keys",
      new Map<unknown, unknown>([
        [1, "x"],
        ["y", 2],
      ]),
      [
        [1, "x"],
        ["y", 2],
      ],
    ],
    ["a Set", new Set([1, 2n]), [1, "2"]],
    ["a typed array", new Float64Array([1.5, Number.NaN]), [1.5, null]],
    ["a BigInt64Array", new BigInt64Array([1n]), ["1"]],
    ["a Buffer", Buffer.from("hi"), "aGk="],
    ["a Uint8Array", new Uint8Array([104, 105]), "aGk="],
    ["an ArrayBuffer", new Uint8Array([104, 105]).buffer, "aGk="],
    ["a DataView", new DataView(new Uint8Array([0, 104, 105]).buffer, 1), "aGk="],
    ["boxed primitives", [Object(1), Object("s"), Object(true), Object(5n)], [1, "s", true, "5"]],
    ["a RegExp", /x/, {}],
    [
      "a class's instance",
      new (class Point {
        x = 1;
        y = 2n;
      })(),
      { x: 1, y: "2" },
    ],
    ["a URL", new URL("http://h/p"), "http://h/p"],
    ["toJSON", { secret: 1n, toJSON: () => ({ n: 2n }) }, { n: "2" }],
    ["toJSON that throws", { toJSON: () => throwing.field }, "[Unreadable]"],
    ["toJSON that is async", { toJSON: async () => throwing.field }, "[Unreadable]"],
    ["toJSON of a list", Object.assign([1], { toJSON: async () => throwing.field }), "[Unreadable]"],
    [
      "toJSON that is not listed",
      Object.defineProperty({}, "toJSON", { value: async () => throwing.field }),
      "[Unreadable]",
    ],
    [
      "a getter of a promise",
      Object.defineProperty({}, "p", { enumerable: true, get: async () => throwing.field }),
      { p: {} },
    ],
    ["toJSON of undefined", { toJSON: () => undefined, n: 1n }, undefined],
    ["a getter that throws", throwing, { field: "[Getter threw]" }],
    ["an object without a prototype", Object.assign(Object.create(null), { n: 1n }), { n: "1" }],
    ["a lone surrogate", "a\ud800b\udfff", "a\ufffdb\ufffd"],
    ["a lone surrogate in a key", { "\ud800": "ok" }, { "\ufffd": "ok" }],
    ["an escape that only looks like one", "\\ud800", "\\ud800"],
    ["a Promise", Promise.resolve(1), {}],
    ["a WeakMap", new WeakMap(), {}],
  ])("%s", (_, value, expected) => expect(read(value)).toEqual(expected));

  it("is a cycle: marked where it closes, while what only occurs twice is whole", () => {
    const cycle: Record<string, unknown> = { name: "n" };
    cycle.self = cycle;
    cycle.list = [cycle];
    expect(read(cycle)).toEqual({ name: "n", self: "[Circular]", list: ["[Circular]"] });
    const shared = { n: 1n };
    expect(read([shared, shared])).toEqual([{ n: "1" }, { n: "1" }]);
  });

  it("is an Error: name, message, stack, code and cause", () => {
    const cause = Object.assign(new RangeError("inner"), { code: "E_INNER" });
    const error = new TypeError("outer", { cause });
    expect(read(error)).toEqual({
      name: "TypeError",
      message: "outer",
      stack: error.stack,
      cause: { name: "RangeError", message: "inner", stack: cause.stack, code: "E_INNER" },
    });
    expect(read(new AggregateError([new Error("one")], "all"))).toMatchObject({
      message: "all",
      errors: [{ message: "one" }],
    });
    const itself = new Error("loop");
    itself.cause = itself;
    expect(read(itself)).toMatchObject({ message: "loop", cause: "[Circular]" });
  });

  it("is an Error with more on it: its other fields, which may hold credentials, stay out", () => {
    const error = Object.assign(new Error("m"), { config: { auth: "secret" }, toJSON: () => "secret" });
    expect(JSON.stringify(read(error))).not.toContain("secret");
  });

  it("is a hostile proxy", () => {
    const trap = () => {
      throw new Error("trap");
    };
    const handlers = ["get", "getPrototypeOf", "ownKeys", "has", "getOwnPropertyDescriptor"] as const;
    for (const handler of handlers) {
      expect(() => JSON.stringify(read(new Proxy({ a: 1 }, { [handler]: trap })))).not.toThrow();
    }
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(read(proxy)).toBe("[Unreadable]");
    expect(read(new Proxy([1], { get: trap }))).toBe("[Unreadable]");
  });

  it("is nested deep: marked below 200 levels", () => {
    let deep: unknown = "bottom";
    for (let i = 0; i < 50_000; i++) deep = i % 2 ? { deep } : [deep];
    const json = JSON.stringify(read(deep));
    expect(json).toContain("[Too deep]");
    expect(json.split(/[[{]/).length).toBeLessThan(203);
  });

  it("is data itself: on the wire it is an object all the same", () => {
    expect(JSON.parse(encoded(new Set([1]))).data).toEqual({ value: [1] });
    expect(JSON.parse(encoded(new Date(0))).data).toEqual({ value: "1970-01-01T00:00:00.000Z" });
    expect(JSON.parse(encoded(new Map([["a", 1]]))).data).toEqual({ a: 1 });
    expect(JSON.parse(encoded({ toJSON: () => undefined })).data).toEqual({});
  });

  it("is in the tags: they are read back as tags", () => {
    const tags = Object.assign(new Date(0), { team: "a\ud800" });
    const event = createEvent({ eventType: "end", tags: tags as never, data: { n: 1n } });
    expect(parseEvent(JSON.parse(encodeEvent(event).toString())).tags).toEqual({ team: "a\ufffd" });
  });
});

describe("a key named __proto__", () => {
  const hostile = () => JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"x":1}}}');

  it.each([
    ["ordinary data", {}],
    ["data with an odd value", { n: 1n }],
  ])("is data like any other: %s", (_, more) => {
    const { data } = JSON.parse(encoded(Object.assign(hostile(), more)));
    expect(Object.getOwnPropertyDescriptor(data, "__proto__")?.value).toEqual({ polluted: true });
    expect(data.constructor).toEqual({ prototype: { x: 1 } });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe("a large event", () => {
  const text = "x".repeat(5_000_000);

  it("of ordinary data is whole: a 5 MB string", () => {
    expect(JSON.parse(encoded({ text }, 1024)).data.text).toBe(text);
  });

  it("is not made whole where it is past the limit by itself", { timeout: 30_000 }, () => {
    const long = Buffer.alloc(50_000_000, "x").toString("latin1");
    const values = {
      bytes: Buffer.alloc(100_000_000),
      text: [1n, long],
      "plain text": long,
      digits: 2n ** 3_300_000n,
      set: new Set(Array.from({ length: 30_000 }, (_, n) => n)),
      map: new Map(Array.from({ length: 30_000 }, (_, n) => [n, n])),
    };
    for (const [name, value] of Object.entries(values)) {
      const before = process.cpuUsage();
      const json = encoded({ value }, 10_000);
      expect([name, process.cpuUsage(before).user < 1_000_000]).toEqual([name, true]);
      expect([name, json.length > 10_000, json.length < 30_000]).toEqual([name, true, true]);
      JSON.parse(json);
    }
  });

  it("with odd values is cut after the limit, and longer than it", () => {
    const list = Array.from({ length: 100_000 }, (_, i) => BigInt(i));
    const json = encoded({ list }, 10_000);
    expect(json.length).toBeGreaterThan(10_000);
    expect(json.length).toBeLessThan(30_000);
    expect(JSON.parse(json).data.list.at(-1)).toBe("[Truncated]");
  });

  it("that is small in memory and endless as text is cut, too", () => {
    let shared: object = { n: 1 };
    for (let i = 0; i < 60; i++) shared = { a: shared, b: shared };
    const json = encoded(shared, 100_000);
    expect(json.length).toBeGreaterThan(100_000);
    expect(json.length).toBeLessThan(300_000);
    expect(json).toContain("[Truncated]");
    const list: unknown[] = [];
    list.length = 2 ** 32 - 1;
    expect(JSON.parse(encoded({ list }, 1000)).data.list.at(-1)).toBe("[Truncated]");
  });
});
