import { randomUUID } from "node:crypto";
import { closeConnection } from "@streamll/brokers";
import type { Delivery, Endpoint, SettlementOutcome, TransportOptions, Verdict } from "@streamll/core";
import { proxyTo } from "@streamll/transport-testkit";
import type { ChannelModel } from "amqplib";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { amqpTransport } from "../../src/transport.js";
import { type Bare, bareChannel, bareConnection, filled } from "../brokers/bare-consumer.js";
import { WAIT } from "../support/lane.js";
import { brokers, listed } from "../support/live.js";
import { options } from "../support/message.js";
import { addUser, removeUser } from "../support/user.js";

const done: Verdict = { kind: "done" };
const again: Verdict = { kind: "again", failed: false };
const dead: Verdict = { kind: "dead", reason: "X", description: "x" };
const soon = () => AbortSignal.timeout(5000);

/** Subscribes, and keeps what comes. */
async function consume(endpoint: Endpoint, source: string, window = 10, own: Partial<TransportOptions> = {}) {
  const got: Delivery[] = [];
  const calls: number[] = [];
  const told: SettlementOutcome[] = [];
  const { consuming } = amqpTransport(options(own));
  const subscription = await consuming!.subscribe(
    endpoint,
    {
      source,
      window,
      receive(deliveries) {
        got.push(...deliveries);
        calls.push(deliveries.length);
      },
    },
    new AbortController().signal,
  );
  return {
    ...subscription,
    subscription,
    got,
    calls,
    told,
    bodies: () => got.map(({ body }) => String(body)),
    settle: (index: number, verdict: Verdict) =>
      subscription.settle(got[index]!, verdict, (outcome) => told.push(outcome)),
    async delivery(index: number): Promise<Delivery> {
      await vi.waitUntil(() => got.length > index, WAIT);
      return got[index]!;
    },
    [Symbol.asyncDispose]: () => subscription.close(soon()),
  };
}

const queueTypes = [["classic"], ["quorum"]] as const;

describe.each(brokers)("a subscription on RabbitMQ $generation", (broker) => {
  const { endpoint } = broker;
  let model: ChannelModel;
  let bare: Bare;
  const queues: string[] = [];
  const fill = async (messages = 1, args: object = {}) => {
    const queue = await filled(bare, { ...args }, messages);
    queues.push(queue);
    return queue;
  };
  const depth = async (queue: string) => (await bare.channel.checkQueue(queue)).messageCount;
  beforeAll(async () => {
    model = await bareConnection(endpoint);
    bare = await bareChannel(model);
  });
  afterAll(async () => {
    for (const queue of queues) await bare.channel.deleteQueue(queue);
    await model.close();
  });

  it.each(queueTypes)("takes no more than its window, and more once some is done (%s)", async (type) => {
    const queue = await fill(9, { "x-queue-type": type });
    await using one = await consume(endpoint, queue, 4);
    await one.delivery(3);
    expect(await depth(queue)).toBe(5);
    for (const index of [0, 1, 3]) one.settle(index, done);
    await one.delivery(6);
    expect(one.told).toEqual(["written", "written", "written"]);
    expect(one.bodies()).toEqual(["0", "1", "2", "3", "4", "5", "6"]);
    await one.close(soon());
    const next = await consume(endpoint, queue, 10);
    await next.delivery(5);
    expect(next.bodies().sort()).toEqual(["2", "4", "5", "6", "7", "8"]);
    await next.close(soon());
  });

  it("tells the broker of what nobody waits for by itself, and before it closes", async () => {
    const lazily: Verdict = { kind: "done", lazy: true };
    const queue = await fill(3);
    await using one = await consume(endpoint, queue, 10);
    await one.delivery(2);
    one.settle(0, lazily);
    await vi.waitUntil(() => one.told.length === 1, WAIT);
    one.settle(1, lazily);
    await one.close(soon());
    expect(one.told).toEqual(["written", "written"]);
    await using next = await consume(endpoint, queue, 10);
    await next.delivery(0);
    expect(next.bodies()).toEqual(["2"]);
  });

  it("hands over at once what came at once", async () => {
    const queue = await fill(200);
    await using one = await consume(endpoint, queue, 200);
    await one.delivery(199);
    expect(one.calls.length).toBeLessThan(20);
  });

  it("gets a message with all that its sender set, and a body of many frames", async () => {
    const queue = await fill(0);
    const body = Buffer.alloc(600_000, "0123456789");
    const headers = {
      nested: { list: [1, "two", { three: 3 }], nothing: null },
      bytes: Buffer.from([0, 255]),
      at: { "!": "timestamp", value: 1_755_770_400 },
    };
    const properties = {
      contentType: "text/plain",
      contentEncoding: "identity",
      correlationId: "c",
      messageId: "m",
      replyTo: "r",
      type: "t",
      appId: "a",
      userId: "guest",
      priority: 7,
      expiration: "60000",
    };
    const sent = { ...properties, headers, persistent: true, timestamp: 1_755_770_400 };
    bare.channel.sendToQueue(queue, body, sent);
    await using one = await consume(endpoint, queue);
    const got = await one.delivery(0);
    expect(got).toMatchObject({
      ...properties,
      exchange: "",
      routingKey: queue,
      persistent: true,
      timestamp: 1_755_770_400_000,
      redelivered: false,
    });
    expect(got.headers).toEqual({ ...headers, at: new Date(1_755_770_400_000) });
    expect(got.body.equals(body)).toBe(true);
  });

  it.each(queueTypes)("gives a message back, and it comes again (%s)", async (type) => {
    const queue = await fill(1, { "x-queue-type": type });
    await using one = await consume(endpoint, queue);
    await one.delivery(0);
    one.settle(0, { kind: "again", failed: true });
    const second = await one.delivery(1);
    expect(second).toMatchObject({ redelivered: true, earlier: type === "quorum" ? 1 : undefined });
    one.settle(1, again);
    expect(await one.delivery(2)).toMatchObject({ redelivered: true, body: Buffer.from("0") });
  });

  it.each(queueTypes)("makes a dead letter of what is dead (%s)", async (type) => {
    const parking = await fill(0);
    const queue = await fill(2, {
      ...{ "x-queue-type": type, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": parking },
    });
    await using one = await consume(endpoint, queue);
    await one.delivery(1);
    one.settle(0, dead);
    one.settle(1, done);
    await vi.waitUntil(async () => (await depth(parking)) === 1, WAIT);
    await one.close(soon());
    expect(await depth(queue)).toBe(0);
  });

  it("does nothing but tell for what is settled, or another subscription's", async () => {
    const queue = await fill(2);
    await using one = await consume(endpoint, queue, 1);
    await one.delivery(0);
    one.settle(0, done);
    await one.delivery(1);
    one.settle(0, dead);
    await using other = await consume(endpoint, await fill(1));
    await other.delivery(0);
    const outcomes: SettlementOutcome[] = [];
    other.subscription.settle(one.got[1]!, done, (outcome) => outcomes.push(outcome));
    expect(outcomes).toEqual(["lost"]);
    one.settle(1, done);
    other.settle(0, done);
    await vi.waitUntil(() => one.told.length === 3 && other.told.length === 1, WAIT);
    expect([one.told, other.told]).toEqual([["written", "lost", "written"], ["written"]]);
    await one.close(soon());
    expect(await depth(queue)).toBe(0);
    expect(await one.closed).toBeUndefined();
  });

  it("takes nothing after stop(), and settles what it has", async () => {
    const queue = await fill(2);
    await using one = await consume(endpoint, queue, 2);
    await one.delivery(1);
    const stopped = one.stop();
    expect(one.stop()).toBe(stopped);
    await stopped;
    bare.channel.sendToQueue(queue, Buffer.from("later"));
    one.settle(0, done);
    one.settle(1, again);
    await vi.waitUntil(async () => (await depth(queue)) === 2, WAIT);
    expect(one.got).toHaveLength(2);
    await one.close(soon());
    expect(await one.closed).toBeUndefined();
  });

  it("gives back what was under way when it stopped, once nothing before it is held", async () => {
    const queue = await fill(2000);
    await using one = await consume(endpoint, queue, 2000);
    await one.delivery(0);
    await one.stop();
    const received = one.got.length;
    for (let index = 0; index < received; index++) one.settle(index, done);
    await vi.waitUntil(async () => (await depth(queue)) === 2000 - received, WAIT);
    expect(one.got).toHaveLength(received);
  });

  it.each(queueTypes)("gives back in order what it held, and what was under way (%s)", async (type) => {
    const queue = await fill(2000, { "x-queue-type": type });
    await using one = await consume(endpoint, queue, 2000);
    await one.delivery(0);
    await one.stop();
    expect(one.got.length).toBeLessThan(2000);
    for (const index of one.got.keys()) one.settle(index, again);
    await one.close(soon());
    await using next = await consume(endpoint, queue, 2000);
    await next.delivery(1999);
    expect(next.bodies().map(Number)).toEqual(Array.from({ length: 2000 }, (_, index) => index));
  });

  it.each(queueTypes)("gives back in order what came for its last acknowledgements (%s)", async (type) => {
    // Without a limit a quorum queue puts what comes back at its end.
    const limit = type === "quorum" ? { "x-delivery-limit": 100 } : {};
    const queue = await fill(400, { "x-queue-type": type, ...limit });
    for (let round = 0; round < 20; round++) {
      const one = await consume(endpoint, queue, 100);
      await one.delivery(99);
      for (let index = 0; index < 10; index++) one.settle(index, done);
      await vi.waitUntil(() => one.told.length === 10, WAIT);
      await one.stop();
      for (let index = 10; index < one.got.length; index++) one.settle(index, again);
      await one.close(soon());
      await vi.waitUntil(async () => (await depth(queue)) === 390 - 10 * round, WAIT);
    }
    await using next = await consume(endpoint, queue, 400);
    await next.delivery(199);
    expect(next.bodies().map(Number)).toEqual(Array.from({ length: 200 }, (_, index) => 200 + index));
  });

  it("loses nothing that was settled before close()", async () => {
    const queue = await fill(100);
    const one = await consume(endpoint, queue, 100);
    await one.delivery(99);
    for (let index = 0; index < 50; index++) one.settle(index, done);
    await one.close(soon());
    expect(one.told).toEqual(Array.from({ length: 50 }, () => "written"));
    expect(await depth(queue)).toBe(50);
    one.settle(50, done);
    expect(one.told.at(-1)).toBe("lost");
  });

  it("is cancelled when its queue is deleted, after what came before", async () => {
    const queue = await fill(1);
    const one = await consume(endpoint, queue);
    await one.delivery(0);
    await bare.channel.deleteQueue(queue);
    expect(await one.closed).toMatchObject({
      kind: "cancelled",
      permanent: false,
      message: expect.stringContaining(`queue "${queue}"`),
    });
    one.settle(0, done);
    expect(one.told).toEqual(["lost"]);
    await expect(consume(endpoint, queue)).rejects.toMatchObject({ kind: "not-found", permanent: true });
  });

  it("that the broker closes tells why, and all that it had comes again", async () => {
    const queue = await fill(3);
    const connectionName = `cut-${randomUUID()}`;
    const one = await consume(endpoint, queue, 10, { connectionName });
    await one.delivery(2);
    await closeConnection(broker, await listed(broker, connectionName), "for a test");
    expect(await one.closed).toMatchObject({ kind: "unreachable" });
    one.settle(0, done);
    expect(one.told).toEqual(["lost"]);
    await using next = await consume(endpoint, queue);
    await next.delivery(2);
    expect(next.got.map(({ redelivered }) => redelivered)).toEqual([true, true, true]);
  });

  it("over a network that is cut ends", async () => {
    const queue = await fill(1);
    await using proxy = await proxyTo(endpoint);
    const one = await consume(proxy.endpoint, queue);
    await one.delivery(0);
    proxy.reset();
    expect(await one.closed).toMatchObject({ kind: "unreachable" });
  });

  it("stops while messages never cease to come", async () => {
    const queue = await fill(1);
    await using one = await consume(endpoint, queue, 65_535);
    const sending = setInterval(() => bare.channel.sendToQueue(queue, Buffer.from("x")), 5);
    try {
      await one.delivery(0);
      await one.subscription.stop();
    } finally {
      clearInterval(sending);
    }
  });

  it("is refused to whom may not read, and where somebody else has the queue for himself", async () => {
    const queue = await fill(1);
    await bare.channel.consume(queue, () => {}, { exclusive: true });
    await expect(consume(endpoint, queue)).rejects.toMatchObject({
      kind: "permission",
      permanent: false,
      message: expect.stringContaining("Another consumer"),
    });
    const username = `blind-${randomUUID()}`;
    await addUser(broker, username, { read: "^$" });
    await expect(consume({ ...endpoint, username, password: "pw" }, queue)).rejects.toMatchObject({
      kind: "permission",
      permanent: true,
      message: expect.stringContaining("right to read"),
    });
    await removeUser(broker, username);
  });

  it("declares its topology, and goes away without a trace when it is given up", async () => {
    const name = `t091.${randomUUID()}`;
    queues.push(name);
    const topology = {
      mode: "declare",
      exchanges: [],
      queues: [{ name, arguments: {} }],
      bindings: [],
    } as const;
    await using one = await consume(endpoint, name, 10, { topology });
    bare.channel.sendToQueue(name, Buffer.from("x"));
    await one.delivery(0);
    const { consuming } = amqpTransport(options());
    const given = consuming!.subscribe(
      endpoint,
      { source: name, window: 1, receive: () => {} },
      AbortSignal.abort(),
    );
    await expect(given).rejects.toMatchObject({ kind: "unreachable" });
  });
});
