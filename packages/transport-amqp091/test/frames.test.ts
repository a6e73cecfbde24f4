import type { MessageDefaults, MessageParts, OutboundMessage } from "@streamll/core";
import {
  encodedMessage,
  PreparedMessage,
  prefixOf,
  RecordWriter,
  recordMemory,
} from "@streamll/core/internal";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { frameEncoder } from "../src/frames.js";
import { decodeAll, defs, frame } from "./support/amqplib-codec.js";
import { defaults, message } from "./support/message.js";

const FRAME_MAX = 131_072;

function encode(sent: OutboundMessage, shared: MessageDefaults, frameMax = FRAME_MAX, channel = 1): Buffer {
  const encoder = frameEncoder(channel, frameMax, shared);
  const target = Buffer.alloc(encoder.bound(encodedMessage(sent)), 0xff);
  return target.subarray(0, encoder.write(target, 0, encodedMessage(sent)));
}

function encodeByAmqplib(sent: OutboundMessage, shared: MessageDefaults, channel = 1): Buffer {
  const method = {
    exchange: sent.exchange ?? shared.exchange,
    routingKey: sent.routingKey,
    mandatory: shared.mandatory,
  };
  const properties = {
    contentType: shared.contentType,
    headers: sent.headers,
    deliveryMode: shared.persistent ? 2 : 1,
    priority: shared.priority,
    correlationId: sent.correlationId,
    expiration: shared.expirationMs?.toString(),
    messageId: sent.messageId,
    timestamp: Math.floor(sent.timestamp / 1000),
    type: sent.type,
    appId: shared.appId,
  };
  return Buffer.concat([
    defs.encodeMethod(defs.BasicPublish, channel, method),
    defs.encodeProperties(defs.BasicProperties, channel, sent.body().length, properties),
    frame.makeBodyFrame(channel, sent.body()),
  ]);
}

const text = (maxLength: number) => fc.string({ unit: "binary", minLength: 1, maxLength });
const someMessage = fc.record({
  routingKey: fc.string({ unit: "grapheme", maxLength: 60 }),
  exchange: fc.option(text(60), { nil: undefined }),
  messageId: text(60),
  correlationId: text(60),
  type: text(60),
  timestamp: fc.integer({ min: 0, max: 8.64e15 }),
  body: fc.uint8Array({ minLength: 1, maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
});
// amqplib writes numbers under 2^15 in shorter types.
const sameInBoth = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.boolean(),
  fc.constant(null),
  fc.integer({ min: 2 ** 15, max: Number.MAX_SAFE_INTEGER }),
  fc.integer({ min: Number.MIN_SAFE_INTEGER, max: -(2 ** 15) - 1 }),
  fc.constantFrom(0.5, -1.25, 1e-9, 123456.789),
);
const headerNames = fc
  .string({ unit: "grapheme", maxLength: 40 })
  .filter((name) => !/^(B?CC|__proto__)$/.test(name));

describe("frames of a message", () => {
  it("shares nothing with the one before it but what is the same", () => {
    const writer = new RecordWriter();
    const kinds = [
      { routingKey: "a", type: "a", headers: { team: "one" } },
      { routingKey: "a", type: "b", headers: { team: "one" } },
      { routingKey: "b", type: "b", headers: { team: "two", more: 1 }, exchange: "other" },
    ];
    const encoder = frameEncoder(1, FRAME_MAX, defaults());
    let shared = 0;
    for (const [index, kind] of [0, 0, 0, 0, 1, 1, 1, 2, 1, 2, 2, 2, 0, 0, 0].entries()) {
      const ids = { messageId: "m".repeat(index), correlationId: `${index}`, timestamp: 1000 * index };
      const event = new PreparedMessage({ ...kinds[kind]!, ...ids, body: "x".repeat(index) });
      const record = { ...recordMemory(writer.bound(event)), record: 0 };
      writer.write(record, 0, event);
      if (prefixOf(record) !== 0) shared++;
      const [bytes, alone] = [encoder, frameEncoder(1, FRAME_MAX, defaults())].map((one) => {
        const target = Buffer.alloc(one.bound(record));
        return target.subarray(0, one.write(target, 0, record));
      });
      expect(bytes).toEqual(alone);
    }
    expect(shared).toBe(9);
  });

  it("are byte for byte what amqplib writes", () => {
    const shared = fc.record({
      exchange: fc.string({ maxLength: 40 }),
      mandatory: fc.boolean(),
      persistent: fc.boolean(),
      priority: fc.option(fc.nat(255), { nil: undefined }),
      expirationMs: fc.option(fc.nat(), { nil: undefined }),
    });
    fc.assert(
      fc.property(
        someMessage,
        fc.dictionary(headerNames, sameInBoth),
        shared,
        fc.integer({ min: 1, max: 65535 }),
        (parts, headers, own, channel) => {
          const sent = message({ ...parts, headers });
          const all = defaults(own as Partial<MessageDefaults>);
          expect(encode(sent, all, FRAME_MAX, channel).equals(encodeByAmqplib(sent, all, channel))).toBe(
            true,
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  it("carry every number as it is", () => {
    const number = fc.oneof(
      fc.integer(),
      fc.maxSafeInteger(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    );
    fc.assert(
      fc.property(number, (value) => {
        const [, header] = decodeAll(encode(message({ headers: { value } }), defaults()), FRAME_MAX);
        expect(header?.fields?.headers).toEqual({ value: value === 0 ? 0 : value });
      }),
    );
  });

  it("cut a body to the frame size that was agreed on", () => {
    const frameMax = 8192;
    for (const length of [0, 1, frameMax - 9, frameMax - 8, frameMax - 7, 3 * (frameMax - 8), 100_000]) {
      const body = Buffer.alloc(length, "ab");
      const [method, header, ...content] = decodeAll(
        encode(message({ body }), defaults(), frameMax),
        frameMax,
      );
      expect(method?.id).toBe(defs.BasicPublish);
      expect(header?.size).toBe(length);
      expect(content).toHaveLength(Math.ceil(length / (frameMax - 8)));
      expect(Buffer.concat(content.map((part) => part.content!)).equals(body)).toBe(true);
    }
  });

  it("leave out what a message does not have", () => {
    const empty = message({ messageId: "", correlationId: "", type: "", timestamp: -1 });
    const [, header] = decodeAll(encode(empty, defaults({ contentType: "", appId: "" })), FRAME_MAX);
    const present = Object.entries(header?.fields ?? {}).filter(([, value]) => value !== undefined);
    expect(Object.fromEntries(present)).toEqual({ headers: {}, deliveryMode: 2 });
  });

  it("keep a lone surrogate from breaking the rest", () => {
    const sent = message({ type: "a\ud800b", headers: { key: "\udfff" }, messageId: "m" });
    const [, header] = decodeAll(encode(sent, defaults()), FRAME_MAX);
    expect(header?.fields).toMatchObject({ type: "a\ufffdb", messageId: "m", headers: { key: "\ufffd" } });
  });
});

describe("a label over 255 bytes", () => {
  it("is cut between two characters", () => {
    const sent = message({ type: `${"a".repeat(254)}é`, correlationId: "é".repeat(200) });
    const [, header] = decodeAll(encode(sent, defaults()), FRAME_MAX);
    expect(header?.fields).toMatchObject({ type: "a".repeat(254), correlationId: "é".repeat(127) });
  });
});

describe("a message that AMQP 0-9-1 cannot carry", () => {
  const long = "é".repeat(128);
  it.each([
    ["routing key over 255 bytes", { routingKey: long }, "protocol"],
    ["exchange over 255 bytes", { exchange: long }, "protocol"],
    ["message id over 255 bytes", { messageId: long }, "protocol"],
    ["header name over 255 bytes", { headers: { [long]: 1 } }, "protocol"],
    ["header named CC", { headers: { CC: "other" } }, "protocol"],
    ["header that is NaN", { headers: { value: Number.NaN } }, "protocol"],
    ["header that is infinite", { headers: { value: Number.NEGATIVE_INFINITY } }, "protocol"],
    ["headers over a frame", { headers: { value: "x".repeat(FRAME_MAX) } }, "too-large"],
  ])("has no frames: %s", (_, parts, kind) => {
    const encoder = frameEncoder(1, FRAME_MAX, defaults());
    expect(() => encoder.bound(encodedMessage(message(parts as Partial<MessageParts>)))).toThrow(
      expect.objectContaining({ kind, permanent: true }),
    );
  });

  it("is judged by the exact size of its headers", () => {
    const sized = (length: number) => message({ headers: { value: "x".repeat(length) } });
    const encoder = frameEncoder(1, FRAME_MAX, defaults());
    const most = FRAME_MAX - 400;
    const [, header] = decodeAll(encode(sized(most), defaults()), FRAME_MAX);
    expect(header?.fields?.headers).toEqual({ value: "x".repeat(most) });
    expect(() => encoder.bound(encodedMessage(sized(FRAME_MAX - 100)))).toThrow("do not fit");
  });
});
