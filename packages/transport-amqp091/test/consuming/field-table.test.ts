import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkTable, readTable } from "../../src/consuming/field-table.js";
import { MalformedFrameError } from "../../src/consuming/frame-reader.js";
import { codec } from "../support/amqplib-codec.js";

function encode(table: object): Buffer {
  const target = Buffer.alloc(8 * 1024);
  return target.subarray(0, codec.encodeTable(target, table, 0));
}

function read(bytes: Buffer, at = 0): Record<string, unknown> {
  expect(checkTable(bytes, at, bytes.length)).toBe(bytes.length);
  return readTable(bytes, at);
}

/** amqplib's notation for a value of a type. */
const as = (type: string, value: unknown) => ({ "!": type, value });

describe("a table of headers", () => {
  it("is read with every type that AMQP 0-9-1 has", () => {
    const sent = {
      yes: true,
      no: false,
      int8: as("int8", -128),
      uint8: as("uint8", 255),
      int16: as("int16", -32_768),
      uint16: as("uint16", 65_535),
      int32: as("int32", -(2 ** 31)),
      uint32: as("uint32", 2 ** 32 - 1),
      int64: as("int64", 2 ** 53 - 1),
      large: as("int64", 2n ** 63n - 1n),
      float: as("float", 0.5),
      double: 1e300,
      decimal: as("decimal", { digits: 12345, places: 2 }),
      text: "Grüße",
      time: as("timestamp", 1_755_770_400),
      nothing: null,
      bytes: Buffer.from([0, 255]),
      array: [1, "two", [3], { four: 4 }],
      table: { nested: { deep: "yes" }, list: [] },
    };
    expect(read(encode(sent))).toStrictEqual({
      ...sent,
      int8: -128,
      uint8: 255,
      int16: -32_768,
      uint16: 65_535,
      int32: -(2 ** 31),
      uint32: 2 ** 32 - 1,
      int64: 2 ** 53 - 1,
      large: 2n ** 63n - 1n,
      float: 0.5,
      decimal: 123.45,
      time: new Date(1_755_770_400_000),
    });
  });

  it("keeps as bytes what is no text, and as a number what is no date", () => {
    const bytes = encode({ text: "ab", time: as("timestamp", 2n ** 63n) });
    bytes[bytes.indexOf("ab")] = 0xff;
    expect(read(bytes)).toEqual({ text: Buffer.from([0xff, 0x62]), time: 2n ** 63n });
    expect(read(encode({ replacement: "a\ufffd" }))).toEqual({ replacement: "a\ufffd" });
  });

  it("cannot change what an object is", () => {
    const bytes = encode({ __qroto__: { polluted: true } });
    bytes[bytes.indexOf("q")] = 0x70;
    const table = read(bytes);
    expect(Object.getPrototypeOf(table)).toBe(Object.prototype);
    expect(table.polluted).toBeUndefined();
    expect(Object.keys(table)).toEqual(["__proto__"]);
  });

  const some = fc.letrec<{ value: unknown; table: object }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.boolean(),
      fc.constant(null),
      fc.integer(),
      fc.maxSafeInteger(),
      fc.double({ noNaN: true, noDefaultInfinity: true, min: 0.1, max: 1000 }),
      fc.array(tie("value"), { maxLength: 4 }),
      tie("table"),
    ),
    table: fc.dictionary(
      fc.string({ unit: "grapheme", maxLength: 20 }).filter((name) => name !== "!" && name !== "__proto__"),
      tie("value"),
      { maxKeys: 5, noNullPrototype: true },
    ),
  }));

  it("is read as amqplib wrote it", () => {
    fc.assert(
      fc.property(some.table, (table) => {
        expect(read(encode(table))).toEqual(table);
      }),
    );
  });

  it("that is cut anywhere is refused", () => {
    const bytes = encode({ a: "text", b: [1, { c: null }], d: Buffer.from("x"), e: 1.5 });
    for (let end = 0; end < bytes.length; end++)
      expect(() => checkTable(bytes, 0, end)).toThrow(MalformedFrameError);
  });

  it("that passes the check can be read, whatever it holds", () => {
    const mutated = fc.tuple(some.table, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }));
    fc.assert(
      fc.property(mutated, ([table, changes]) => {
        const bytes = Buffer.from(encode(table));
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        try {
          checkTable(bytes, 0, bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedFrameError);
          return;
        }
        readTable(bytes, 0);
      }),
      { numRuns: 500 },
    );
  });

  it("is refused where it is nested too deep, or has a type that nobody knows", () => {
    let nested: object = {};
    for (let depth = 0; depth < 40; depth++) nested = { nested };
    expect(() => read(encode(nested))).toThrow("nested more than 32 deep");
    const bytes = encode({ a: true });
    bytes[bytes.indexOf("t")] = 0x5a;
    expect(() => read(bytes)).toThrow("unknown type 0x5a");
  });
});
