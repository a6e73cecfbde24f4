import { createEvent, parseEvent, toWire } from "@streamll/core";
import { encodeEvent } from "@streamll/core/internal";
import fc from "fast-check";
import { expect, it } from "vitest";

const numRuns = Number(process.env.STREAMLL_PROPERTY_RUNS ?? 250);

const ordinary = fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue({ noUnicodeString: false }));

/** Anything at all: bigints, dates, maps, sets, typed arrays, symbols, lone surrogates, sparse lists, `__proto__`. */
const anything = fc.anything({
  key: fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("__proto__", "constructor", "toJSON")),
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
  withUnicodeString: true,
});

const hostile = fc.constantFrom<() => unknown>(
  () => new Proxy({}, { get: boom, ownKeys: boom }),
  () => new Proxy([], { get: boom }),
  () => Object.defineProperty({}, "x", { enumerable: true, get: boom }),
  () => ({ toJSON: boom }),
  () => ({ toJSON: () => 5n }),
  () => new Error("e", { cause: new Map([[{}, 1n]]) }),
  () => "\ud800",
  () => () => {},
  () => {
    const loop: unknown[] = [1n];
    loop.push(loop, { loop });
    return loop;
  },
);

function boom(): never {
  throw new Error("boom");
}

it("ordinary data is encoded as JSON.stringify does it", () => {
  fc.assert(
    fc.property(ordinary, (data) => {
      const event = createEvent({ eventType: "end", data });
      expect(encodeEvent(event).toString()).toBe(JSON.stringify(toWire(event)));
    }),
    { numRuns },
  );
});

it("any data is encoded without throwing, as JSON that is read back as the event it was", () => {
  fc.assert(
    fc.property(anything, hostile, fc.boolean(), (value, odd, both) => {
      const data = both ? { value, odd: odd() } : { value };
      const event = createEvent({ eventType: "end", tags: { a: "\udfff" }, data });
      const json = encodeEvent(event).toString();
      expect(json).not.toMatch(/(?<!\\)(\\\\)*\\ud[89a-f]/i);
      const { data: _, tags, ...rest } = parseEvent(JSON.parse(json));
      expect({ ...event, ...rest }).toEqual(event);
      expect(tags).toEqual({ a: "\ufffd" });
    }),
    { numRuns },
  );
});

it("whatever is handed over is an event or an InvalidEventError that holds no value", () => {
  const field = fc.oneof(anything, fc.constant("s3cret"));
  const given = fc.record(
    { eventType: field, event_id: field, timestamp: field, data: field, tags: field, operation: field },
    { requiredKeys: ["eventType"] },
  );
  fc.assert(
    fc.property(given, (one) => {
      try {
        encodeEvent(parseEvent(one));
      } catch (error) {
        expect(error).toMatchObject({
          code: "INVALID_EVENT",
          message: expect.not.stringContaining("s3cret"),
        });
      }
    }),
    { numRuns },
  );
});
