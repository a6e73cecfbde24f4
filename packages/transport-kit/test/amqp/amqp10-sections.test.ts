import { describe, expect, it } from "vitest";
import { MalformedValueError, propertyField, ReceivedMessage, readValue, valueEnd } from "../../src/index.js";

const bytes = (...parts: (number | string | Buffer)[]) =>
  Buffer.concat(
    parts.map((part) => (typeof part === "number" ? Buffer.from([part]) : Buffer.from(part as string))),
  );
const section = (code: number, ...value: (number | string | Buffer)[]) => bytes(0, 0x53, code, ...value);

describe("a value of AMQP 1.0", () => {
  it.each<[unknown, Buffer]>([
    [null, bytes(0x40)],
    [true, bytes(0x41)],
    [false, bytes(0x56, 0)],
    [0, bytes(0x44)],
    [255, bytes(0x53, 255)],
    [-1, bytes(0x55, 255)],
    [-2, bytes(0x51, 254)],
    [40_000, bytes(0x60, 0x9c, 0x40)],
    [-2, bytes(0x61, 255, 254)],
    [2 ** 32 - 1, bytes(0x70, 255, 255, 255, 255)],
    [-1, bytes(0x71, 255, 255, 255, 255)],
    [2n ** 64n - 1n, bytes(0x80, Buffer.alloc(8, 255))],
    [-1, bytes(0x81, Buffer.alloc(8, 255))],
    [0.5, bytes(0x72, 0x3f, 0, 0, 0)],
    [0.5, bytes(0x82, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0)],
    ["ü", bytes(0x73, 0, 0, 0, 0xfc)],
    [new Date(1), bytes(0x83, 0, 0, 0, 0, 0, 0, 0, 1)],
    ["00010203-0405-0607-0809-0a0b0c0d0e0f", bytes(0x98, Buffer.from([...Array(16).keys()]))],
    ["ü", bytes(0xa1, 2, "ü")],
    ["symbol", bytes(0xb3, 0, 0, 0, 6, "symbol")],
    [Buffer.from([1]), bytes(0xa0, 1, 1)],
    [[], bytes(0x45)],
    [[1, null], bytes(0xc0, 4, 2, 0x53, 1, 0x40)],
    [{ a: 1, b: [true] }, bytes(0xc1, 13, 4, 0xa1, 1, "a", 0x53, 1, 0xa1, 1, "b", 0xc0, 2, 1, 0x41)],
    [["a", "b"], bytes(0xe0, 6, 2, 0xa3, 1, "a", 1, "b")],
    [7, bytes(0, 0xa3, 1, "x", 0x53, 7)],
  ])("reads %o", (value, encoded) => {
    expect(readValue(encoded, 0)).toEqual(value);
    for (let length = 0; length < encoded.length; length++)
      expect(() => readValue(encoded.subarray(0, length), 0)).toThrow(MalformedValueError);
  });

  it("takes a key __proto__ for a key like others", () => {
    const value = readValue(bytes(0xc1, 13, 2, 0xa1, 9, "__proto__", 0x41), 0);
    expect(Object.keys(value as object)).toEqual(["__proto__"]);
  });

  it("is refused where it claims more items than it has bytes, or is nested without end", () => {
    const many = bytes(0xf0, 0, 0, 0, 5, 0x7f, 255, 255, 255, 0x40);
    expect(() => readValue(many, 0)).toThrow(MalformedValueError);
    let deep: Buffer = bytes(0x45);
    for (let depth = 0; depth < 40; depth++) deep = bytes(0xc0, deep.length + 1, 1, deep);
    expect(() => readValue(deep, 0)).toThrow(/nested/);
    expect(() => readValue(Buffer.alloc(1000), 0)).toThrow(MalformedValueError);
    expect(() => valueEnd(Buffer.alloc(100_000), 0)).toThrow(MalformedValueError);
    expect(() => readValue(bytes(0x10), 0)).toThrow(MalformedValueError);
  });
});

describe("a message of AMQP 1.0", () => {
  const properties = section(0x73, 0xc0, 13, 6, 0xa1, 1, "m", 0x40, 0x40, 0xa1, 1, "s", 0x40, 0xa1, 1, "c");

  it("has what its sections have", () => {
    const message = new ReceivedMessage(
      bytes(
        section(0x70, 0xc0, 2, 1, 0x41),
        section(0x72, 0xc1, 6, 2, 0xa3, 1, "n", 0x53, 1),
        properties,
        section(0x74, 0xc1, 6, 2, 0xa1, 1, "h", 0x53, 2),
        section(0x75, 0xa0, 2, "hi"),
      ),
    );
    expect(message.header(0)).toBe(true);
    expect(message.header(4)).toBeUndefined();
    expect(message.annotations).toEqual({ n: 1 });
    expect(message.applicationProperties).toEqual({ h: 2 });
    const { messageId, userId, subject, correlationId, groupId } = propertyField;
    const fields = [messageId, userId, subject, correlationId, groupId];
    expect(fields.map((field) => message.property(field))).toEqual(["m", undefined, "s", "c", undefined]);
    expect(String(message.body)).toBe("hi");
  });

  it.each([
    ["data in two sections", bytes(section(0x75, 0xa0, 1, "a"), section(0x75, 0xb0, 0, 0, 0, 1, "b")), "ab"],
    ["a text", section(0x77, 0xa1, 2, "hi"), "hi"],
    ["none", properties, ""],
    ["no message", Buffer.from("no message"), "no message"],
    ["nothing but zeros", Buffer.alloc(100_000), "\0".repeat(100_000)],
    ["a section that is cut", bytes(0, 0x53, 0x75, 0xa0, 9, "a"), "\0\x53\x75\xa0\x09a"],
  ])("whose body is %s gives its bytes", (_, encoded, body) => {
    expect(new ReceivedMessage(encoded).body.toString("latin1")).toBe(body);
  });

  it("keeps a body of another kind encoded", () => {
    const value = section(0x77, 0xc1, 1, 0);
    expect(new ReceivedMessage(value).body).toEqual(value);
  });

  it("throws over no bytes whatever", () => {
    let state = 1;
    const random = () => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return state;
    };
    for (let run = 0; run < 20_000; run++) {
      const encoded = Buffer.from(bytes(properties, section(0x74, 0xc1, 6, 2, 0xa1, 1, "h", 0x53, 2)));
      for (let change = 0; change < 3; change++) encoded[random() % encoded.length] = random() >> 8;
      const message = new ReceivedMessage(encoded);
      expect(message.body).toBeInstanceOf(Buffer);
      for (let field = 0; field < 12; field++) message.property(field);
      expect(message.applicationProperties).toBeTypeOf("object");
    }
  });
});
