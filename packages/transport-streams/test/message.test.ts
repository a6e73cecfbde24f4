import {
  encodedMessage,
  PreparedMessage,
  prefixOf,
  RecordWriter,
  recordMemory,
} from "@streamll/core/internal";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Dialect, messageEncoder } from "../src/message/message.js";
import { decodeMessage } from "./support/amqp-value.js";
import { message, options } from "./support/options.js";

type Message = ReturnType<typeof message>;

function encoderOf(dialect: Dialect) {
  const encoder = messageEncoder(options().message, dialect);
  return {
    bound: (sent: Message) => encoder.bound(encodedMessage(sent)),
    write: (target: Buffer, at: number, sent: Message) => encoder.write(target, at, encodedMessage(sent)),
  };
}

function encoded(sent: Message, dialect: Dialect = "from 3.13") {
  const encoder = encoderOf(dialect);
  const bytes = Buffer.alloc(encoder.bound(sent));
  return decodeMessage(bytes.subarray(0, encoder.write(bytes, 0, sent)));
}

const short = fc.string({ unit: "grapheme", maxLength: 60 });
const header = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 400 }),
  fc.boolean(),
  fc.constant(null),
  fc.maxSafeInteger(),
  // Of the two zeros, one is enough.
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
);

describe("a message in a stream", () => {
  it("holds what was handed over, and takes no more room than it said", () => {
    const any = fc.record({
      routingKey: short,
      messageId: short,
      correlationId: fc.string({ unit: "grapheme", maxLength: 80 }),
      type: short,
      headers: fc.dictionary(fc.string({ minLength: 1, maxLength: 80 }), header, { maxKeys: 8 }),
      body: fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
    });
    fc.assert(
      fc.property(any, fc.constantFrom<Dialect>("before 3.13", "from 3.13"), (own, dialect) => {
        fc.pre([own.routingKey, own.messageId, own.type].every((text) => Buffer.byteLength(text) <= 255));
        const sent = message({ sequence: 1, ...own });
        const { annotations, properties, applicationProperties, data } = encoded(sent, dialect);
        const { "x-basic-type": type = "", "x-basic-app-id": appId, ...headers } = applicationProperties;
        const isOld = dialect === "before 3.13";
        expect(data.equals(sent.body())).toBe(true);
        expect(annotations).toEqual({
          "x-exchange": "events",
          "x-routing-key": sent.routingKey,
          ...(isOld ? {} : { "x-basic-type": sent.type }),
        });
        if (isOld) expect({ type, appId }).toEqual({ type: sent.type, appId: "streamll" });
        expect(properties[0] ?? "").toBe(sent.messageId);
        expect(properties[6]).toBe("application/json");
        expect(properties[9]).toBe(sent.timestamp);
        expect(properties[10]).toBe(isOld ? null : "streamll");
        const present = Object.entries(sent.headers).filter(([, value]) => value !== null);
        expect(new Map(Object.entries(headers))).toEqual(new Map(present));
      }),
      { numRuns: 300 },
    );
  });

  it.each<Dialect>(["before 3.13", "from 3.13"])("shares nothing but what is the same (%s)", (dialect) => {
    const writer = new RecordWriter();
    const kinds = [
      { routingKey: "a", type: "a", headers: { team: "one" } },
      { routingKey: "a", type: "b", headers: { team: "one" } },
      { routingKey: "b", type: "b", headers: { team: "two", more: 1 } },
    ];
    const encoder = messageEncoder(options().message, dialect);
    let shared = 0;
    for (const [index, kind] of [0, 0, 0, 0, 1, 1, 1, 2, 1, 2, 2, 2, 0, 0, 0].entries()) {
      const ids = { messageId: `${index}`, correlationId: `${index}`, timestamp: index };
      const event = new PreparedMessage({ ...kinds[kind]!, ...ids, body: `${index}` });
      const record = { ...recordMemory(writer.bound(event)), record: 0 };
      writer.write(record, 0, event);
      if (prefixOf(record) !== 0) shared++;
      const [bytes, alone] = [encoder, messageEncoder(options().message, dialect)].map((one) => {
        const target = Buffer.alloc(one.bound(record));
        return target.subarray(0, one.write(target, 0, record));
      });
      expect(bytes).toEqual(alone);
    }
    expect(shared).toBe(9);
  });

  it("has no header section, which ends a reader over AMQP 0-9-1 on RabbitMQ 3.10", () => {
    const encoder = encoderOf("before 3.13");
    const sent = message({ sequence: 1 });
    const bytes = Buffer.alloc(encoder.bound(sent));
    encoder.write(bytes, 0, sent);
    expect(bytes[2]).toBe(0x72);
  });

  it("cuts labels, and refuses ids and keys, that AMQP 0-9-1 could not hold", () => {
    const long = "é".repeat(128);
    const { properties, annotations } = encoded(message({ sequence: 1, correlationId: long, type: long }));
    expect(properties[5]).toBe("é".repeat(127));
    expect(annotations["x-basic-type"]).toBe("é".repeat(127));
    const refused = [
      { messageId: long },
      { routingKey: long },
      { headers: { [long]: 1 } },
      { headers: { share: Number.POSITIVE_INFINITY } },
    ];
    for (const own of refused) {
      expect(() => encoderOf("from 3.13").bound(message({ sequence: 1, ...own }))).toThrow(
        expect.objectContaining({ kind: "protocol", permanent: true }),
      );
    }
  });

  it("takes a body at each border of its length field", () => {
    for (const length of [0, 1, 254, 255, 256, 70_000]) {
      const { data } = encoded(message({ sequence: 1, body: Buffer.alloc(length, "x"), headers: {} }));
      expect(data).toHaveLength(length);
    }
  });
});
