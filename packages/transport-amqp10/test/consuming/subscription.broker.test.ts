import { randomUUID } from "node:crypto";
import { openChannel } from "@streamll/brokers";
import type { Delivery, SubscribeRequest, Verdict } from "@streamll/core";
import type { GetMessage } from "amqplib";
import { afterAll, describe, expect, it, vi } from "vitest";
import { amqp10Transport } from "../../src/index.js";
import { WAIT } from "../support/connect.js";
import { options } from "../support/options.js";
import { brokersOf4, endpointOf } from "../support/rabbitmq.js";

vi.setConfig({ testTimeout: 60_000 });

const done: Verdict = { kind: "done" };

describe.each(brokersOf4)("a subscription over AMQP 1.0 on RabbitMQ $generation", async (broker) => {
  const channel = await openChannel(broker.url);
  const queues: string[] = [];
  afterAll(async () => {
    for (const queue of queues) await channel.deleteQueue(queue);
    await channel[Symbol.asyncDispose]();
  });

  async function queueOf(args: Record<string, unknown> = {}): Promise<string> {
    const queue = `t10.${randomUUID()}`;
    queues.push(queue);
    await channel.assertQueue(queue, { arguments: { "x-queue-type": "classic", ...args } });
    return queue;
  }

  async function consume(source: string, own: Partial<SubscribeRequest> = {}) {
    const got: Delivery[] = [];
    const { consuming } = amqp10Transport.create(options());
    const subscription = await consuming!.subscribe(
      endpointOf(broker.url),
      { source, window: 100, receive: (deliveries) => got.push(...deliveries), ...own },
      new AbortController().signal,
    );
    return {
      got,
      subscription,
      async delivery(index: number): Promise<Delivery> {
        await vi.waitUntil(() => got.length > index, WAIT);
        return got[index]!;
      },
      [Symbol.asyncDispose]: () => subscription.close(AbortSignal.timeout(5000)),
    };
  }

  async function taken(queue: string): Promise<string> {
    const found = await vi.waitUntil(() => channel.get(queue, { noAck: true }), WAIT);
    return String((found as GetMessage).content);
  }

  // Far more than a session's window of 2,048, which rhea's ring of deliveries would end at.
  it.each([[100], [60_000]])(
    "goes on with 5,000 messages while the oldest is not settled (window %i)",
    async (window) => {
      const queue = await queueOf();
      for (let index = 0; index <= 5000; index++) channel.sendToQueue(queue, Buffer.from(`${index}`));
      await channel.waitForConfirms();
      const told: string[] = [];
      const bodies: number[] = [];
      await using one = await consume(queue, {
        window,
        receive(deliveries) {
          for (const delivery of deliveries) {
            bodies.push(Number(delivery.body));
            if (bodies.length > 1)
              queueMicrotask(() => one.subscription.settle(delivery, done, (outcome) => told.push(outcome)));
          }
        },
      });
      await vi.waitUntil(() => told.length === 5000, WAIT);
      expect(bodies).toEqual(Array.from({ length: 5001 }, (_, index) => index));
      expect(new Set(told)).toEqual(new Set(["written"]));
      await one.subscription.close(AbortSignal.timeout(5000));
      expect(await taken(queue)).toBe("0");
    },
  );

  it("gets a message of AMQP 0-9-1 with all that it was sent with, and a body of many frames", async () => {
    const queue = await queueOf();
    const body = Buffer.alloc(600_000, "0123456789");
    const properties = {
      contentType: "text/plain",
      contentEncoding: "identity",
      correlationId: "c",
      messageId: "m",
      replyTo: "/queues/r",
      type: "t",
      appId: "a",
      userId: "guest",
      priority: 7,
      expiration: "60000",
    };
    const headers = { text: "ü", whole: 2 ** 40, real: 0.5, yes: true };
    channel.sendToQueue(queue, body, { ...properties, headers, persistent: true, timestamp: 1_755_770_400 });
    await using one = await consume(queue);
    const got = await one.delivery(0);
    expect(got).toMatchObject({
      ...properties,
      replyTo: expect.stringContaining("r"),
      exchange: "",
      routingKey: queue,
      persistent: true,
      timestamp: 1_755_770_400_000,
      redelivered: false,
    });
    expect(got.headers).toMatchObject(headers);
    expect(got.body.equals(body)).toBe(true);
  });

  it("keeps the reason in a dead letter of a quorum queue, and says where a message has died", async () => {
    const parking = await queueOf();
    const queue = await queueOf({
      "x-queue-type": "quorum",
      "x-dead-letter-exchange": "",
      "x-dead-letter-routing-key": parking,
    });
    channel.sendToQueue(queue, Buffer.from("a"));
    await using one = await consume(queue);
    const dead: Verdict = { kind: "dead", reason: "NO_TOKENS", description: "it has no tokens" };
    one.subscription.settle(await one.delivery(0), dead, () => {});
    await using parked = await consume(parking);
    const letter = await parked.delivery(0);
    expect(letter.headers).toMatchObject({
      "x-opt-streamll-failure": "NO_TOKENS",
      "x-opt-streamll-failure-message": "it has no tokens",
      "x-opt-deaths": [expect.objectContaining({ queue })],
    });
  });

  it("gives back in order what it held, and what was under way", async () => {
    const queue = await queueOf({ "x-queue-type": "quorum" });
    for (let index = 0; index < 2000; index++) channel.sendToQueue(queue, Buffer.from(`${index}`));
    await channel.waitForConfirms();
    const one = await consume(queue, { window: 2000 });
    await one.delivery(0);
    await one.subscription.stop();
    expect(one.got.length).toBeLessThan(2000);
    for (const delivery of one.got)
      one.subscription.settle(delivery, { kind: "again", failed: false }, () => {});
    await one.subscription.close(AbortSignal.timeout(5000));
    await using next = await consume(queue, { window: 2000 });
    await next.delivery(1999);
    expect(next.got.map(({ body }) => Number(body))).toEqual(Array.from({ length: 2000 }, (_, n) => n));
  });

  it("is told that its queue was deleted", async () => {
    const queue = await queueOf();
    const one = await consume(queue);
    await channel.deleteQueue(queue);
    const error = await one.subscription.closed;
    expect(error).toMatchObject({ kind: "cancelled", permanent: false });
    expect(error?.message).toContain(queue);
  });
});
