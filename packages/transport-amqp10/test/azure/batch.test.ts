import {
  type MessageDefaults,
  type MessageParts,
  type OutboundMessage,
  outboundMessage,
} from "@streamll/core";
import type { Message } from "rhea";
import { describe, expect, it } from "vitest";
import { BATCH_FORMAT, encodeBatches as encode } from "../../src/azure/batch.js";
import type { Encoded, LinkLimits, Transfer } from "../../src/dialect.js";
import { bytesOf } from "../../src/payload.js";
import { message as codec } from "../../src/rhea.js";

const encodeBatches = (messages: OutboundMessage[], shared: MessageDefaults, limits: LinkLimits) =>
  encode(messages.entries(), shared, limits);

const defaults: MessageDefaults = {
  exchange: "",
  contentType: "application/json",
  appId: "streamll",
  persistent: true,
  mandatory: false,
};

let count = 0;
const message = (changes: Partial<MessageParts> = {}): OutboundMessage =>
  outboundMessage({
    sequence: ++count,
    routingKey: "orders",
    body: Buffer.from(`{"n":${count}}`),
    messageId: `id-${count}`,
    correlationId: "run-1",
    type: "start",
    timestamp: 1_700_000_000_123,
    headers: { event_type: "start" },
    ...changes,
  });

const limits = (maxMessageSize: number, batch?: unknown) => ({
  maxMessageSize,
  properties: batch === undefined ? {} : { "com.microsoft:max-message-batch-size": batch },
});
const wide = limits(262_144);

const isTransfer = (encoded: Encoded): encoded is Transfer => "payload" in encoded;
const transfers = (encoded: readonly Encoded[]) => encoded.filter(isTransfer);
const places = (encoded: readonly Encoded[]) => encoded.map(({ at }) => [...at]);

const decode = (bytes: Buffer) => codec.decode(bytes) as unknown as Message;

/** As a receiver of the service reads it: each data section is a message of its own. */
function unpack(transfer: Transfer): Message[] {
  const { format } = transfer;
  const payload = bytesOf(transfer.payload);
  if (format === 0) return [decode(payload)];
  const { content } = decode(payload).body;
  return (Array.isArray(content) ? content : [content]).map(decode);
}

describe("a message has what Microsoft's clients give it", () => {
  const read = (given: OutboundMessage, own: Partial<MessageDefaults> = {}) => {
    const [transfer] = transfers(encodeBatches([given], { ...defaults, ...own }, wide));
    return unpack(transfer!)[0]!;
  };

  it("its ids, its subject, its content type, its time and its body as data", () => {
    const given = message();
    const got = read(given);
    expect(got).toMatchObject({
      durable: true,
      message_id: given.messageId,
      correlation_id: "run-1",
      subject: "start",
      content_type: "application/json",
      application_properties: { app_id: "streamll", event_type: "start" },
    });
    expect(got.creation_time?.getTime()).toBe(1_700_000_000_123);
    expect(got.body.typecode).toBe(0x75);
    expect(got.body.content).toEqual(given.body());
    expect(got.group_id).toBeUndefined();
    expect(got.message_annotations).toBeUndefined();
    expect(got.ttl).toBeUndefined();
  });

  it("its routing key as the subject, where the exchange names the topic", () => {
    expect(read(message({ routingKey: "errors.rag" }), { exchange: "events" }).subject).toBe("errors.rag");
  });

  it("its time to live, and the time at which it ends", () => {
    const before = Date.now();
    const got = read(message(), { expirationMs: 60_000 });
    expect(got.ttl).toBe(60_000);
    expect(got.absolute_expiry_time!.getTime() - got.creation_time!.getTime()).toBe(60_000);
    expect(got.absolute_expiry_time?.getTime()).toBeGreaterThanOrEqual(before + 60_000);
  });

  it("its session and its partition key, at most 128 characters of each", () => {
    const got = read(message({ own: { sessionId: "run-1", partitionKey: "p".repeat(200) } }));
    expect(got.group_id).toBe("run-1");
    expect(got.message_annotations).toEqual({ "x-opt-partition-key": "p".repeat(128) });
  });

  it("headers of every type, without those that say nothing", () => {
    const headers = { text: "naïve", yes: true, none: null, whole: 7, negative: -7, big: 2 ** 40, part: 0.5 };
    const { none: _, ...present } = headers;
    expect(read(message({ headers }), { appId: "" }).application_properties).toEqual(present);
  });

  it("a body of more than 255 bytes, as it is", () => {
    const body = Buffer.alloc(70_000, "x");
    expect(read(message({ body })).body.content).toEqual(body);
  });
});

describe("a batch", () => {
  it("is one transfer of the batch format, with every message whole, in order", () => {
    const given = [message(), message({ body: Buffer.alloc(1000, "y") }), message()];
    const encoded = encodeBatches(given, defaults, wide);
    expect(places(encoded)).toEqual([[0, 1, 2]]);
    const [transfer] = transfers(encoded);
    expect(transfer?.format).toBe(BATCH_FORMAT);
    expect(unpack(transfer!).map((got) => [got.message_id, got.body.content])).toEqual(
      given.map((one) => [one.messageId, one.body()]),
    );
  });

  it("has the first message's properties and annotations on its envelope, and no header", () => {
    const session = { own: { sessionId: "s", partitionKey: "s" } };
    const [transfer] = transfers(encodeBatches([message(session), message(session)], defaults, wide));
    const envelope = decode(bytesOf(transfer!.payload));
    expect(envelope).toMatchObject({ group_id: "s", message_annotations: { "x-opt-partition-key": "s" } });
    expect(envelope.message_id).toBe(`id-${count - 1}`);
    expect(envelope.durable).toBeUndefined();
  });

  it("of one message is that message, in the standard format", () => {
    expect(transfers(encodeBatches([message()], defaults, wide))[0]?.format).toBe(0);
  });

  it("holds one session or partition key, and keeps its order", () => {
    const [a, b] = [{ own: { sessionId: "a" } }, { own: { sessionId: "b" } }];
    const given = [
      message(a),
      message(b),
      message(a),
      message(b),
      message({ own: { partitionKey: "b" } }),
      message(a),
    ];
    expect(places(encodeBatches(given, defaults, wide))).toEqual([[0, 2, 5], [1, 3], [4]]);
  });

  it.each([
    ["the link's largest message", limits(2000)],
    ["the link's largest batch, where that is less", limits(100_000, 2000)],
    ["the link's largest message, where it names a larger batch", limits(2000, 100_000)],
  ])("is cut by %s", (_, bounds) => {
    const given = Array.from({ length: 20 }, () => message({ body: Buffer.alloc(300, "z") }));
    const cut = transfers(encodeBatches(given, defaults, bounds));
    expect(cut.length).toBeGreaterThan(3);
    for (const { payload } of cut) expect(payload.length).toBeLessThanOrEqual(2000);
    expect(places(cut).flat()).toEqual(given.map((_, index) => index));
    // As full as it goes: one message more would not fit.
    expect(cut[0]!.payload.length + 600).toBeGreaterThan(2000);
  });

  it("lets a message alone that is larger than a batch may be", () => {
    const given = [message(), message({ body: Buffer.alloc(5000) }), message()];
    const encoded = encodeBatches(given, defaults, limits(100_000, 2000));
    expect(places(encoded)).toEqual([[0], [1], [2]]);
  });

  it("leaves out what is too large for the link, and says how large it is", () => {
    const given = [message(), message({ body: Buffer.alloc(5000) }), message()];
    const encoded = encodeBatches(given, defaults, limits(2000));
    expect(places(encoded)).toEqual([[1], [0, 2]]);
    expect(encoded[0]).toMatchObject({
      error: { kind: "too-large", permanent: true, message: expect.stringMatching(/5\d\d\d bytes.* 2000/) },
    });
  });

  it("leaves out what has a longer id than the service takes", () => {
    const encoded = encodeBatches([message({ messageId: "i".repeat(129) }), message()], defaults, wide);
    expect(places(encoded)).toEqual([[0], [1]]);
    expect(encoded[0]).toMatchObject({ error: { kind: "protocol", permanent: true } });
  });

  it.each([undefined, 0, -1, Number.NaN, "none"])(
    "holds at most 1 MB on a link for 100 MB whose largest batch is said to be %s",
    (batch) => {
      const given = Array.from({ length: 40 }, () => message({ body: Buffer.alloc(100_000) }));
      const large = message({ body: Buffer.alloc(4_000_000) });
      const encoded = transfers(encodeBatches([...given, large], defaults, limits(100_000_000, batch)));
      const sizes = encoded.map(({ payload }) => payload.length);
      expect(sizes.filter((size) => size > 1_000_000)).toHaveLength(1);
      expect(encoded.map(({ at }) => at.length)).toEqual([9, 9, 9, 9, 4, 1]);
    },
  );

  it("has at most 4,500 messages", () => {
    const given = Array.from({ length: 4501 }, () => message());
    expect(encodeBatches(given, defaults, limits(2 ** 30)).map(({ at }) => at.length)).toEqual([4500, 1]);
  });
});
