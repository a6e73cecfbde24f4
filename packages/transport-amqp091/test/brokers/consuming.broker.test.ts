// What brokers do, tried with amqplib alone: what `consuming` leans on.
import type { ChannelModel, ConsumeMessage } from "amqplib";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { wireOf } from "../../src/wire.js";
import { WAIT } from "../support/lane.js";
import { brokers } from "../support/live.js";
import { type Bare, bareChannel, bareConnection, countOf, filled } from "./bare-consumer.js";

const QUORUM = { "x-queue-type": "quorum" };
const CLASSIC = { "x-queue-type": "classic" };

describe.each(brokers)("a consumer of RabbitMQ $generation", ({ endpoint, generation, manage }) => {
  let model: ChannelModel;
  let bare: Bare;
  const queues: string[] = [];
  const fill = async (args: Readonly<Record<string, unknown>>, messages?: number) => {
    const queue = await filled(bare, args, messages);
    queues.push(queue);
    return queue;
  };
  const fresh = () => bareChannel(model);
  beforeAll(async () => {
    model = await bareConnection(endpoint);
    bare = await fresh();
  });
  afterAll(async () => {
    for (const queue of queues) await bare.channel.deleteQueue(queue);
    await model.close();
  });

  /** What the message tells each time that it comes, when it is given back as said. */
  async function returns(queue: string, giveBack: (one: Bare, message: ConsumeMessage) => void) {
    const one = await fresh();
    await one.consume(queue);
    for (let time = 0; time < 2; time++) giveBack(one, await one.delivery(time));
    await one.delivery(2);
    await one.channel.close();
    return one.got.map((message) => [message.fields.redelivered, countOf(message)]);
  }
  const nack = ({ channel }: Bare, message: ConsumeMessage) => channel.nack(message, false, true);
  const reject = ({ channel }: Bare, message: ConsumeMessage) => channel.reject(message, true);
  const acquired = (message: ConsumeMessage) => message.properties.headers?.["x-acquired-count"];
  const uncounted = [
    [false, undefined],
    [true, undefined],
    [true, undefined],
  ];
  const counted = [
    [false, undefined],
    [true, 1],
    [true, 2],
  ];

  it("of a classic queue learns only that a message comes again", async () => {
    const queue = await fill(CLASSIC);
    expect(await returns(queue, nack)).toEqual(uncounted);
  });

  it("of a quorum queue learns how often a message was rejected", async () => {
    expect(await returns(await fill(QUORUM), reject)).toEqual(counted);
  });

  it("of a quorum queue learns how often a message was nacked, before 4.3", async () => {
    const isCounted = Number(generation) < 4.3;
    const found = await returns(await fill(QUORUM), nack);
    expect(found).toEqual(
      isCounted
        ? counted
        : [
            [false, undefined],
            [true, undefined],
            [true, undefined],
          ],
    );
  });

  it.runIf(Number(generation) >= 4.3)(
    "of a quorum queue learns how often a message was taken, from 4.3 on",
    async () => {
      const one = await fresh();
      await one.consume(await fill(QUORUM));
      nack(one, await one.delivery(0));
      reject(one, await one.delivery(1));
      await one.delivery(2);
      expect(one.got.map((message) => [acquired(message), countOf(message)])).toEqual([
        [undefined, undefined],
        [1, undefined],
        [2, 1],
      ]);
      await one.channel.close();
    },
  );

  it("of a dead letter does not learn how often it was tried in a quorum queue", async () => {
    const parking = await fill(CLASSIC, 0);
    const queue = await fill({
      ...QUORUM,
      "x-dead-letter-exchange": "",
      "x-dead-letter-routing-key": parking,
    });
    const one = await fresh();
    await one.consume(queue);
    reject(one, await one.delivery(0));
    one.channel.reject(await one.delivery(1), false);
    const two = await fresh();
    await two.consume(parking);
    expect(countOf(await two.delivery(0))).toBeUndefined();
    await Promise.all([one, two].map(({ channel }) => channel.close()));
  });

  it("whose connection is lost used up a try of all that it held of a quorum queue", async () => {
    const queue = await fill(QUORUM, 3);
    const other = await bareConnection(endpoint);
    const lost = await bareChannel(other);
    await lost.consume(queue);
    await lost.delivery(2);
    wireOf(other).stream.destroy(new Error("cut"));
    const next = await fresh();
    await next.consume(queue);
    await next.delivery(2);
    expect(next.got.map(countOf)).toEqual([1, 1, 1]);
    await next.channel.close();
  });

  it("that cancels keeps what it has, and closing its channel gives it back", async () => {
    const queue = await fill(CLASSIC);
    const one = await fresh();
    const tag = await one.consume(queue);
    await one.delivery(0);
    await one.channel.cancel(tag);
    const next = await fresh();
    await next.consume(queue);
    expect(await next.isAlive()).toBe(true);
    expect(next.got).toHaveLength(0);
    await one.channel.close();
    expect((await next.delivery(0)).fields.redelivered).toBe(true);
    await next.channel.close();
  });

  it.each([
    ["classic", CLASSIC],
    ["quorum", QUORUM],
  ])("of a deleted queue (%s) is cancelled, and its channel lives on", async (_, args) => {
    const queue = await fill(args);
    const one = await fresh();
    await one.consume(queue);
    const message = await one.delivery(0);
    await bare.channel.deleteQueue(queue);
    await vi.waitUntil(() => one.cancelled.length > 0, WAIT);
    one.channel.ack(message);
    expect(await one.isAlive()).toBe(true);
    await one.channel.close();
  });

  it.each([
    ["classic", CLASSIC],
    ["quorum", QUORUM],
  ])("that rejects makes a dead letter (%s) that does not say why", async (_, args) => {
    const parking = await fill(CLASSIC, 0);
    const queue = await fill({
      ...args,
      "x-dead-letter-exchange": "",
      "x-dead-letter-routing-key": parking,
    });
    const one = await fresh();
    await one.consume(queue);
    one.channel.reject(await one.delivery(0), false);
    const two = await fresh();
    await two.consume(parking);
    const { headers } = (await two.delivery(0)).properties;
    expect(headers).toMatchObject({ "x-first-death-reason": "rejected" });
    expect(headers?.["x-death"]).toMatchObject([{ queue, reason: "rejected", count: 1, exchange: "" }]);
    await Promise.all([one, two].map(({ channel }) => channel.close()));
  });

  it("that settles a delivery twice loses its channel (406)", async () => {
    const queue = await fill(CLASSIC);
    const one = await fresh();
    await one.consume(queue);
    const message = await one.delivery(0);
    one.channel.ack(message);
    one.channel.ack(message);
    expect(await one.error()).toMatchObject({
      code: 406,
      message: expect.stringContaining("unknown delivery tag 1"),
    });
  });

  it("that acknowledges up to a tag leaves alone what it gave back before", async () => {
    const queue = await fill(CLASSIC, 3);
    const one = await fresh();
    await one.consume(queue, 3);
    const last = await one.delivery(2);
    one.channel.nack(one.got[1]!, false, true);
    one.channel.ack(last, true);
    const again = await one.delivery(3);
    expect(String(again.content)).toBe("1");
    expect((await bare.channel.checkQueue(queue)).messageCount).toBe(0);
    await one.channel.close();
  });

  const unlimited = { ...QUORUM, "x-delivery-limit": -1 };
  it.skipIf(Number(generation) < 4)(
    "may look at a quorum queue without a limit as often as it likes",
    async () => {
      const queue = await fill(unlimited);
      const one = await fresh();
      await one.consume(queue);
      for (let time = 0; time < 25; time++) one.channel.reject(await one.delivery(time), true);
      expect(countOf(await one.delivery(25))).toBe(25);
      await one.channel.close();
    },
  );

  it.skipIf(Number(generation) < 4)(
    "may do so where a policy lifts the limit of a queue that is there",
    async () => {
      const queue = await fill(QUORUM);
      const policy = `policies/%2F/${queue}`;
      const definition = { "delivery-limit": -1 };
      await manage("PUT", policy, { pattern: `^${queue}$`, definition, "apply-to": "quorum_queues" });
      const one = await fresh();
      await one.consume(queue);
      for (let time = 0; time < 25; time++) one.channel.reject(await one.delivery(time), true);
      expect(countOf(await one.delivery(25))).toBe(25);
      await one.channel.close();
      await manage("DELETE", policy);
    },
  );

  it.runIf(Number(generation) < 4)(
    "of a quorum queue needs no limit to look as often as it likes",
    async () => {
      const one = await fresh();
      await one.consume(await fill(QUORUM));
      for (let time = 0; time < 25; time++) one.channel.reject(await one.delivery(time), true);
      expect(countOf(await one.delivery(25))).toBe(25);
      await one.channel.close();
    },
  );

  it.runIf(Number(generation) < 4)("loses a message at its first look where the limit is -1", async () => {
    const queue = await fill(unlimited);
    const one = await fresh();
    await one.consume(queue);
    one.channel.nack(await one.delivery(0), false, true);
    expect(await one.isAlive()).toBe(true);
    await vi.waitUntil(async () => (await bare.channel.checkQueue(queue)).messageCount === 0, WAIT);
    expect(one.got).toHaveLength(1);
    await one.channel.close();
  });

  it.runIf([4, 4.1, 4.2].includes(Number(generation)))(
    "loses a message of a quorum queue at its 21st look",
    async () => {
      const queue = await fill(QUORUM);
      const one = await fresh();
      await one.consume(queue);
      for (let time = 0; time <= 20; time++) one.channel.nack(await one.delivery(time), false, true);
      await vi.waitUntil(async () => {
        const { messageCount } = await bare.channel.checkQueue(queue);
        return messageCount === 0 && (await one.isAlive());
      }, WAIT);
      expect(one.got).toHaveLength(21);
      await one.channel.close();
    },
  );
});
