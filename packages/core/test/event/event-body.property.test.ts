import { createEvent } from "@streamll/core";
import { BodyEncoder, type EventBody, encodeEvent } from "@streamll/core/internal";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const numRuns = Number(process.env.STREAMLL_PROPERTY_RUNS ?? 250);

const encoder = new BodyEncoder();

const eventOf = (data: unknown) => createEvent({ eventType: "end", data: data as never });

/** What the encoder writes for data, from an offset that no word begins at. */
function bodyOf(data: unknown, limit?: number): string {
  return textOf(new BodyEncoder(limit).encode(eventOf(data)));
}

function textOf(body: EventBody): string {
  const target = Buffer.alloc(body.bytes + 8, 0xaa);
  expect(body.put(target, 3)).toBe(body.bytes);
  expect([...target.subarray(0, 3), ...target.subarray(body.bytes + 3)]).toEqual(Array(8).fill(0xaa));
  return target.toString("utf8", 3, body.bytes + 3);
}

/** Both encoders make an event of their own of the data: their ids and times differ. */
const dataOf = (json: string) => json.slice(json.indexOf(',"data":'));

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.string({ unit: "grapheme", maxLength: 80 }),
  // Plain ASCII of all lengths, with an escape or none anywhere.
  fc
    .tuple(
      fc.nat(150),
      fc.nat(150),
      fc.constantFrom("", '"', "\\", "\n", "\u0000", "\u001f", "\u007f", "é", "\u2028", "\ud800"),
    )
    .map(([before, after, odd]) => `${"a".repeat(before)}${odd}${"b".repeat(after)}`),
);

const ordinary = fc.dictionary(
  text,
  fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      text,
      fc.double(),
      fc.integer(),
      fc.boolean(),
      fc.constantFrom(null, undefined, -0, 1e21, 1e-7, 2 ** 53, 2 ** 31, -(2 ** 31)),
      fc.array(tie("value"), { maxLength: 5 }),
      fc.dictionary(text, tie("value"), { maxKeys: 5 }),
    ),
  })).value,
  { maxKeys: 6 },
);

describe("the body of an event", () => {
  it("is the JSON of the event, byte by byte", () => {
    fc.assert(
      fc.property(ordinary, (data) => {
        const event = eventOf(data);
        expect(textOf(encoder.encode(event))).toBe(encodeEvent(event));
      }),
      { numRuns: 4 * numRuns },
    );
  });

  it("is the JSON of each of many events that share names and values", () => {
    const name = fc.constantFrom("a", "b", 'quote"', "é", "toString", "__proto__", "n".repeat(61));
    const shared = fc.oneof(fc.constantFrom("", "x", 'quote"', "é", "x".repeat(60), 1, null), text);
    const object = fc.dictionary(name, fc.oneof(shared, fc.dictionary(name, shared, { maxKeys: 3 })));
    fc.assert(
      fc.property(fc.array(object, { maxLength: 8 }), (all) => {
        const own = new BodyEncoder();
        for (const data of all) {
          const event = createEvent({ eventType: "end", data: data as never, tags: { team: "a" } });
          expect(textOf(own.encode(event))).toBe(encodeEvent(event));
        }
      }),
      { numRuns: 2 * numRuns },
    );
  });

  it("is the JSON of the event after more names than are kept", () => {
    const own = new BodyEncoder();
    for (let index = 0; index < 2000; index++) {
      const event = eventOf({ [`name ${index}`]: `value ${index}`, same: "text" });
      expect(textOf(own.encode(event))).toBe(encodeEvent(event));
    }
  });

  it("is the JSON of each of two events with names of the first and the last characters", () => {
    const edges = ["\u007f", "\u{10000}", "\u{10ffff}", "\uffff", "\u07ff"];
    const own = new BodyEncoder();
    for (let before = 0; before < 16; before++) {
      const names = edges.flatMap((one) => edges.map((other) => `${"a".repeat(before)}${one}${other}`));
      const data = Object.fromEntries(names.map((name) => [name, name]));
      for (const event of [eventOf(data), eventOf(data)])
        expect(textOf(own.encode(event))).toBe(encodeEvent(event));
    }
  });

  it("is the JSON of the event also for what JSON cannot hold", () => {
    const anything = fc.anything({
      withBigInt: true,
      withBoxedValues: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
      withUnicodeString: true,
    });
    fc.assert(
      fc.property(fc.dictionary(text, anything), (data) => {
        expect(dataOf(bodyOf(data))).toBe(dataOf(encodeEvent(eventOf(data))));
      }),
      { numRuns },
    );
  });

  it.each([0, 1000, 43_000, 130_000, 131_000, 400_000])("of %d characters is whole", (length) => {
    for (const character of ["x", "é", "\n", "€"]) {
      const value = character.repeat(length);
      expect(JSON.parse(bodyOf({ value, list: [value], after: 1 })).data).toEqual({
        value,
        list: [value],
        after: 1,
      });
    }
  });

  it("is whole at every length around the room for it", () => {
    for (let length = 130_700; length < 131_100; length += 1) {
      const value = "x".repeat(length / 6);
      const data = { a: value, b: value, c: value, d: value, e: value, f: value, rest: length };
      const event = eventOf(data);
      expect(textOf(encoder.encode(event)) === encodeEvent(event)).toBe(true);
    }
  });

  it("has no field that all objects inherit", () => {
    const body = () => {
      Object.defineProperty(Object.prototype, "polluted", {
        value: 1,
        enumerable: true,
        configurable: true,
      });
      try {
        return encoder.encode(eventOf({ n: 1 }));
      } finally {
        Reflect.deleteProperty(Object.prototype, "polluted");
      }
    };
    expect(textOf(body())).not.toContain("polluted");
  });

  it("with endless content is cut after the limit", () => {
    let shared: object = { n: undefined };
    for (let i = 0; i < 60; i++) shared = { a: shared, b: shared };
    const json = bodyOf(shared, 100_000);
    expect(json.length).toBeGreaterThan(100_000);
    expect(json.length).toBeLessThan(300_000);
  });

  it.each([undefined, Number.NaN, -1, 1.5, "1", 2n, {}])("of a list whose length is %s is JSON", (length) => {
    const list = new Proxy([1, 2], {
      get: (target, key) => (key === "length" ? length : Reflect.get(target, key)),
    });
    expect(() => JSON.parse(bodyOf({ list, after: 1 }))).not.toThrow();
    expect(JSON.parse(bodyOf({ list, after: 1 })).data.after).toBe(1);
  });

  it("handles a promise that a getter created, so that its rejection is nobody's", async () => {
    const unhandled: unknown[] = [];
    const record = (reason: unknown) => void unhandled.push(reason);
    process.on("unhandledRejection", record);
    const reject = async () => {
      throw new Error("of the getter");
    };
    const data = Object.defineProperty({}, "p", { enumerable: true, get: reject });
    expect(JSON.parse(bodyOf({ data })).data).toEqual({ data: { p: {} } });
    // A key that there is no room for, after so many values that are short enough.
    const full = { list: Array(100).fill("x".repeat(1000)) };
    bodyOf(Object.defineProperty({ ...full }, "k".repeat(6000), { enumerable: true, get: reject }));
    // As a stub of a remote object is.
    bodyOf({ stub: new Proxy({}, { get: reject }) });
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off("unhandledRejection", record);
    expect(unhandled).toEqual([]);
  });
});

describe("several bodies", () => {
  it("each keep their own content, in whatever order they are put, also those of two sinks", () => {
    const events = Array.from({ length: 5 }, (_, n) => eventOf({ n, text: "x".repeat(n * 20) }));
    const other = new BodyEncoder();
    const bodies = events.map((event, n) => (n % 2 === 0 ? encoder : other).encode(event));
    expect(bodies.toReversed().map(textOf).toReversed()).toEqual(events.map((event) => encodeEvent(event)));
  });

  it("keep their own content where a getter of one hands over another", () => {
    const inner = eventOf({ text: "inner" });
    let seen = "";
    const outer = eventOf({
      before: 1,
      get nested() {
        seen = textOf(encoder.encode(inner));
        return "nested";
      },
      after: 2,
    });
    expect(textOf(encoder.encode(outer))).toBe(encodeEvent(outer));
    expect(seen).toBe(encodeEvent(inner));
  });

  it("end where a getter hands over its own object", () => {
    let calls = 0;
    const endless = eventOf({
      get itself() {
        calls++;
        return textOf(encoder.encode(endless)).length;
      },
    });
    expect(textOf(encoder.encode(endless))).toContain('"itself":');
    expect(calls).toBeLessThan(100);
  });

  it("end where a getter hands over its own object to each of several sinks", () => {
    const encoders = Array.from({ length: 4 }, () => new BodyEncoder());
    let calls = 0;
    const endless = eventOf({
      get itself() {
        if (++calls > 10_000) throw new Error("it goes on and on");
        return encoders.map((each) => textOf(each.encode(endless)).length);
      },
    });
    expect(textOf(encoder.encode(endless))).toContain('"itself":');
    expect(calls).toBeLessThan(2000);
  });

  it("are written as before after one whose getter threw", () => {
    const bad = eventOf({
      get field(): string {
        throw new Error("trap");
      },
    });
    expect(textOf(encoder.encode(bad))).toContain("[Getter threw]");
    const good = eventOf({ n: 1 });
    expect(textOf(encoder.encode(good))).toBe(encodeEvent(good));
  });
});
