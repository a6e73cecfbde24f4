import type { Delivery } from "@streamll/core";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { amqpTransport } from "../../src/transport.js";
import { defs, frame } from "../support/amqplib-codec.js";
import { options } from "../support/message.js";
import { hangingPeer, type Peer } from "../support/peer.js";

const CHANNEL = 1;

const deliver = (tag: number) =>
  defs.encodeMethod(defs.BasicDeliver, CHANNEL, {
    ...{ consumerTag: "tag", deliveryTag: tag, redelivered: false, exchange: "e", routingKey: "k" },
  });

const message = (tag: number, text = "text") =>
  Buffer.concat([
    deliver(tag),
    defs.encodeProperties(defs.BasicProperties, CHANNEL, text.length, { headers: { a: 1 }, messageId: "m" }),
    frame.makeBodyFrame(CHANNEL, Buffer.from(text)),
  ]);

async function consume(peer: Peer) {
  const got: Delivery[] = [];
  const request = { source: "q", window: 10, receive: (all: readonly Delivery[]) => got.push(...all) };
  const { consuming } = amqpTransport(options({ heartbeatMs: 1000 }));
  const subscription = await consuming!.subscribe(peer.endpoint, request, new AbortController().signal);
  return { subscription, got };
}

describe("a subscription whose broker sends", () => {
  it.each([
    ["no AMQP", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")],
    ["a frame of 4 GiB", Buffer.from([3, 0, 1, 0xff, 0xff, 0xff, 0xff])],
    ["a body without its header", frame.makeBodyFrame(CHANNEL, Buffer.from("x"))],
    ["a header of an unknown type", Buffer.concat([deliver(2), badHeader()])],
    ["a frame of another channel", frame.makeBodyFrame(7, Buffer.from("x"))],
  ])("%s keeps what came before, and ends as a breach of protocol", async (_, bytes) => {
    await using peer = await hangingPeer(1);
    const { subscription, got } = await consume(peer);
    peer.write(message(1));
    await vi.waitUntil(() => got.length === 1, { timeout: 20_000 });
    peer.write(bytes);
    expect(await subscription.closed).toMatchObject({ kind: "protocol", code: "TRANSPORT_PROTOCOL" });
    expect(got.map(({ body }) => String(body))).toEqual(["text"]);
    const told = vi.fn();
    subscription.settle(got[0]!, { kind: "done" }, told);
    expect(told.mock.calls).toEqual([["lost"]]);
    peer.write(message(3));
    await subscription.close(AbortSignal.timeout(1000));
    expect(got).toHaveLength(1);
  });

  it("a cancel hands over what came before it in one chunk, and ends as cancelled", async () => {
    await using peer = await hangingPeer(1);
    const { subscription, got } = await consume(peer);
    const cancel = defs.encodeMethod(defs.BasicCancel, CHANNEL, { consumerTag: "tag", nowait: true });
    peer.write(Buffer.concat([message(1), message(2), cancel, message(3)]));
    expect(await subscription.closed).toMatchObject({ kind: "cancelled", permanent: false });
    expect(got).toHaveLength(2);
  });

  it("that a message was not settled in time ends as cancelled, and says what to do", async () => {
    await using peer = await hangingPeer(1);
    const { subscription } = await consume(peer);
    const replyText =
      "PRECONDITION_FAILED - delivery acknowledgement on channel 1 timed out. Timeout value used: 1800000 ms";
    peer.write(
      defs.encodeMethod(defs.ChannelClose, CHANNEL, { replyCode: 406, replyText, classId: 0, methodId: 0 }),
    );
    expect(await subscription.closed).toMatchObject({
      kind: "cancelled",
      message: expect.stringContaining("consumer_timeout"),
    });
  });

  it("no answer to the cancel of stop() ends it within the time of a connect", async () => {
    await using peer = await hangingPeer(1);
    const { consuming } = amqpTransport(options({ connectionTimeoutMs: 300 }));
    const request = { source: "q", window: 10, receive: () => {} };
    const subscription = await consuming!.subscribe(peer.endpoint, request, new AbortController().signal);
    await subscription.stop();
    expect(await subscription.closed).toMatchObject({ kind: "timeout" });
  });

  it("any bytes ends in good order or with an error, and throws nothing into the host", async () => {
    const thrown: unknown[] = [];
    const listener = (error: unknown) => thrown.push(error);
    process.on("uncaughtException", listener).on("unhandledRejection", listener);
    const sent = Buffer.concat([message(1), message(2, "longer text"), message(3)]);
    const changes = fc.array(fc.tuple(fc.nat(sent.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 });
    await using peer = await hangingPeer(1);
    await fc.assert(
      fc.asyncProperty(changes, fc.nat(sent.length), async (all, cut) => {
        const bytes = Buffer.from(sent);
        for (const [at, byte] of all) bytes[at] = byte;
        const { subscription, got } = await consume(peer);
        peer.write(bytes.subarray(0, cut));
        peer.write(bytes.subarray(cut));
        await new Promise((resolve) => setImmediate(resolve));
        await subscription.close(AbortSignal.abort());
        const error = await subscription.closed;
        expect(error === undefined || error.code.startsWith("TRANSPORT_")).toBe(true);
        expect(got.length).toBeLessThanOrEqual(3);
      }),
      { numRuns: 60 },
    );
    process.off("uncaughtException", listener).off("unhandledRejection", listener);
    expect(thrown).toEqual([]);
  });
});

/** With a table whose one value has a type that nobody knows. */
function badHeader(): Buffer {
  const bytes = defs.encodeProperties(defs.BasicProperties, CHANNEL, 1, { headers: { abc: true } });
  bytes[bytes.indexOf("abct") + 3] = 0x5a;
  return bytes;
}
