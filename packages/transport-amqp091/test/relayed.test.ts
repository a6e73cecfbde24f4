import { type InboundMessage, type MessageHeaders, outboundMessage, TransportError } from "@streamll/core";
import { describe, expect, it } from "vitest";
import type { Amqp091Delivery } from "../src/consuming/delivery.js";
import { DeliveryReader } from "../src/consuming/delivery-reader.js";
import { FrameReader } from "../src/consuming/frame-reader.js";
import { type RelayedSetup, relayedFrames } from "../src/relayed.js";
import { decodeAll, defs, frame } from "./support/amqplib-codec.js";
import { parts } from "./support/message.js";

const FRAME_MAX = 4096;

/** A delivery, as a broker sends it. */
function delivered(body: Buffer, properties: object): Amqp091Delivery {
  let found: Amqp091Delivery | undefined;
  const reader = new DeliveryReader(1, (delivery) => {
    found = delivery;
  });
  const frames = new FrameReader(0);
  const deliver = { consumerTag: "", deliveryTag: 1, redelivered: false, exchange: "e", routingKey: "k" };
  frames.push(
    Buffer.concat([
      defs.encodeMethod(defs.BasicDeliver, 1, deliver),
      defs.encodeProperties(defs.BasicProperties, 1, body.length, properties),
      ...(body.length === 0 ? [] : [frame.makeBodyFrame(1, body)]),
    ]),
  );
  while (frames.next()) reader.read(frames);
  return found!;
}

function relayed(
  message: InboundMessage,
  { headers = {}, without = [] as string[] }: { headers?: MessageHeaders; without?: string[] } = {},
  setup: Partial<RelayedSetup> = {},
) {
  const own = {
    exchange: "dlx",
    routingKey: "key",
    headers,
    relayed: { message, without: new Set(without) },
  };
  const bytes = relayedFrames(outboundMessage(parts(own)), {
    ...{ channel: 2, frameMax: FRAME_MAX, mandatory: true, user: "me" },
    ...setup,
  });
  const [method, header, ...bodies] = decodeAll(bytes, FRAME_MAX);
  return {
    method: method!.fields!,
    header: header!,
    body: Buffer.concat(bodies.map(({ content }) => content!)),
  };
}

const everything = {
  ...{ contentType: "text/x", contentEncoding: "gzip", deliveryMode: 1, priority: 200, correlationId: "c" },
  ...{
    replyTo: "r",
    expiration: "5000",
    messageId: "m",
    timestamp: 2 ** 40,
    type: "t",
    userId: "me",
    appId: "a",
  },
  headers: {
    deep: { list: [1, "two", { three: null }], at: { "!": "timestamp", value: 5 } },
    float: { "!": "float", value: 0.5 },
    long: { "!": "int64", value: 2 ** 52 },
    bytes: Buffer.from([0, 255]),
  },
};

describe("a message that was consumed is published again", () => {
  it("with every property and header by its bytes, but for the expiration", () => {
    const body = Buffer.alloc(10_000, "body ");
    const { method, header, body: sent } = relayed(delivered(body, everything));
    const { expiration: _, ...kept } = everything;
    const expected = decodeAll(defs.encodeProperties(defs.BasicProperties, 2, body.length, kept), FRAME_MAX);
    expect(method).toMatchObject({ exchange: "dlx", routingKey: "key", mandatory: true });
    expect(header).toEqual(expected[0]);
    expect(sent.equals(body)).toBe(true);
  });

  it("without what it is to lose, and with what is added in the place of the same name", () => {
    const message = delivered(Buffer.from("x"), {
      headers: { keep: 1, lose: { deep: [1] }, old: "a", last: true },
    });
    const added = { old: "b", "": "", ü: -5, big: 2 ** 53, half: 0.5, no: false, nothing: null };
    const { header } = relayed(message, { headers: added, without: ["lose"] });
    expect(header.fields!.headers).toEqual({ keep: 1, last: true, ...added });
  });

  it("also where it has no property, no header and no body", () => {
    const { header, body } = relayed(delivered(Buffer.alloc(0), {}), { headers: { streamll_failure: "X" } });
    expect(header.fields).toEqual({ headers: { streamll_failure: "X" } });
    expect([header.size, body.length]).toEqual([0, 0]);
  });

  it.each([
    [
      "of another user's id",
      () => relayed(delivered(Buffer.alloc(0), everything), {}, { user: "other" }),
      "protocol",
    ],
    [
      "whose headers fill a frame",
      () =>
        relayed(delivered(Buffer.alloc(0), { headers: { x: "x".repeat(4070) } }), { headers: { y: "y" } }),
      "too-large",
    ],
    ["of another transport", () => relayed({ body: Buffer.alloc(0), headers: {} }), "protocol"],
  ])("never changed: one %s is refused", (_, publish, kind) => {
    expect(publish).toThrow(TransportError);
    expect(publish).toThrow(expect.objectContaining({ kind, permanent: true }));
  });
});
