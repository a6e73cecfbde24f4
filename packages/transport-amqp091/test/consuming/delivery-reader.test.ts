import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Amqp091Delivery } from "../../src/consuming/delivery.js";
import { DeliveryReader } from "../../src/consuming/delivery-reader.js";
import { FrameReader, MalformedFrameError } from "../../src/consuming/frame-reader.js";
import { defs, frame } from "../support/amqplib-codec.js";

const CHANNEL = 3;
const FRAME_MAX = 4096;

/** Feeds chunks to a reader; gives the deliveries with their tags, and the frames that are not its own. */
function feed(...chunks: readonly Buffer[]) {
  const deliveries: Amqp091Delivery[] = [];
  const tags: number[] = [];
  const others: number[] = [];
  const reader = new DeliveryReader(CHANNEL, (delivery) => {
    deliveries.push(delivery);
    tags.push(delivery.tag);
  });
  const frames = new FrameReader(FRAME_MAX);
  for (const chunk of chunks) {
    frames.push(chunk);
    while (frames.next()) {
      if (reader.takes(frames)) reader.read(frames);
      else others.push(frames.type);
    }
  }
  return { deliveries, tags, others };
}

const deliver = (own: object = {}, channel = CHANNEL) =>
  defs.encodeMethod(defs.BasicDeliver, channel, {
    ...{ consumerTag: "tag", deliveryTag: 1, redelivered: false, exchange: "events", routingKey: "a.b" },
    ...own,
  });

const header = (size: number, properties: object = {}, channel = CHANNEL) =>
  defs.encodeProperties(defs.BasicProperties, channel, size, properties);

const bodies = (bytes: Uint8Array, most = FRAME_MAX - 8) =>
  Array.from({ length: Math.ceil(bytes.length / most) }, (_, index) =>
    frame.makeBodyFrame(CHANNEL, Buffer.from(bytes.subarray(index * most, (index + 1) * most))),
  );

const message = (text: string, own: object = {}, properties: object = {}) =>
  Buffer.concat([deliver(own), header(Buffer.byteLength(text), properties), ...bodies(Buffer.from(text))]);

describe("deliveries", () => {
  it("come with all that the sender set", () => {
    const properties = {
      contentType: "text/plain",
      contentEncoding: "identity",
      headers: { nested: { list: [1, "two"] } },
      deliveryMode: 2,
      priority: 9,
      correlationId: "execution",
      replyTo: "answers",
      expiration: "60000",
      messageId: "id",
      timestamp: 1_755_770_400,
      type: "start",
      userId: "guest",
      appId: "app",
    };
    const sent = message("text", { redelivered: true, deliveryTag: 2 ** 33 + 7 }, properties);
    const { deliveries, tags } = feed(sent);
    const { deliveryMode, timestamp, ...same } = properties;
    expect(tags).toEqual([2 ** 33 + 7]);
    expect(deliveries[0]).toMatchObject({
      ...same,
      persistent: true,
      timestamp: timestamp * 1000,
      body: Buffer.from("text"),
      redelivered: true,
      exchange: "events",
      routingKey: "a.b",
    });
  });

  it("leave undefined what the sender did not set", () => {
    const [delivery] = feed(message("text")).deliveries;
    expect(delivery).toMatchObject({ headers: {}, redelivered: false });
    for (const name of [
      "messageId",
      "type",
      "timestamp",
      "priority",
      "persistent",
      "earlier",
      "appId",
    ] as const)
      expect(delivery?.[name]).toBeUndefined();
  });

  it.each([
    ["of a classic queue", {}, undefined],
    ["of a quorum queue that counts", { "x-delivery-count": 3 }, 3],
    ["that was only acquired", { "x-acquired-count": 2 }, 0],
    ["that failed, and was acquired more often", { "x-acquired-count": 5, "x-delivery-count": 2 }, 2],
    ["whose sender made the count up", { "x-delivery-count": "many" }, undefined],
  ])("%s tell how often they were tried", (_, headers, earlier) => {
    expect(feed(message("text", {}, { headers })).deliveries[0]?.earlier).toBe(earlier);
  });

  it("of a body in one frame are not copied", () => {
    const sent = message("text");
    expect(feed(sent).deliveries[0]?.body.buffer).toBe(sent.buffer);
  });

  it("leave alone what is no delivery of their channel", () => {
    const cancelOk = defs.encodeMethod(defs.BasicAck, CHANNEL, { deliveryTag: 1, multiple: false });
    const { deliveries, others } = feed(frame.HEARTBEAT_BUF, cancelOk, deliver({}, 4), message("mine"));
    expect(others).toEqual([8, 1, 1]);
    expect(deliveries).toHaveLength(1);
  });

  const someMessage = fc.record({
    body: fc.uint8Array({ maxLength: 9000 }),
    exchange: fc.string({ unit: "grapheme", maxLength: 30 }),
    routingKey: fc.string({ unit: "grapheme", maxLength: 30 }),
    redelivered: fc.boolean(),
    messageId: fc.option(fc.string({ unit: "binary", maxLength: 40 }), { nil: undefined }),
    priority: fc.option(fc.nat(255), { nil: undefined }),
    headers: fc.option(
      fc.dictionary(fc.string({ minLength: 1, maxLength: 9 }), fc.string(), { maxKeys: 3 }),
      {
        nil: undefined,
      },
    ),
  });

  it("are the same however their bytes are cut, and their bodies split", () => {
    const input = fc.tuple(
      fc.array(someMessage, { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(), { maxLength: 12 }),
      fc.integer({ min: 700, max: FRAME_MAX - 8 }),
    );
    fc.assert(
      fc.property(input, ([sent, cuts, most]) => {
        const bytes = Buffer.concat(
          sent.flatMap(({ body, exchange, routingKey, redelivered, ...properties }, index) => [
            deliver({ deliveryTag: index + 1, exchange, routingKey, redelivered }),
            header(body.length, properties),
            ...bodies(body, most),
          ]),
        );
        const places = [0, ...cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length];
        const chunks = places.slice(1).map((to, index) => bytes.subarray(places[index], to));
        const { deliveries, tags } = feed(...chunks);
        expect(tags).toEqual(sent.map((_, index) => index + 1));
        for (const [index, { headers = {}, body, ...one }] of sent.entries())
          expect(deliveries[index]).toMatchObject({ ...one, headers, body: Buffer.from(body) });
      }),
    );
  });

  it.each<[string, Buffer[], string]>([
    ["a body alone", bodies(Buffer.from("x")), "a body without its content header"],
    ["a header alone", [header(1)], "a content header without its delivery"],
    ["two headers", [deliver(), header(1), header(1)], "a content header without its delivery"],
    ["two deliveries", [deliver(), deliver()], "a delivery within another one"],
    ["a body that is too long", [deliver(), header(1), ...bodies(Buffer.from("xy"))], "longer than it says"],
    ["a body that is larger than any", [deliver(), header(2 ** 40)], "a body of 1099511627776 bytes"],
  ])("refuse %s", (_, frames, text) => {
    expect(() => feed(...frames)).toThrow(MalformedFrameError);
    expect(() => feed(...frames)).toThrow(text);
  });

  it("fail as malformed or can be read, whatever bytes are changed", () => {
    const sent = message(
      "text",
      {},
      { headers: { a: { b: [1, "c"] } }, messageId: "id", timestamp: 1, type: "t" },
    );
    const changes = fc.array(fc.tuple(fc.nat(sent.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(changes, (all) => {
        const bytes = Buffer.from(sent);
        for (const [at, byte] of all) bytes[at] = byte;
        try {
          for (const one of feed(bytes).deliveries) {
            const { headers, earlier, messageId, timestamp, type, priority, persistent, userId } = one;
            expect([headers, earlier, messageId, timestamp, type, priority, persistent, userId]).toHaveLength(
              8,
            );
          }
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedFrameError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
