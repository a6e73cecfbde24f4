import { randomUUID } from "node:crypto";
import { brokersForTests, type OpenChannel, openChannel } from "@streamll/brokers";
import { DeadLetters } from "@streamll/consumer";
import { silentLogger } from "@streamll/core";
import type { GetMessage } from "amqplib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

const patient = { timeout: 30_000 };

const scenes = brokersForTests().flatMap((broker) => {
  const amqp10 = { broker, type: "quorum", amqpVersion: "1.0" } as const;
  const types = (["classic", "quorum"] as const).map((type) => ({
    broker,
    type,
    amqpVersion: "0-9-1" as const,
  }));
  return Number.parseInt(broker.version, 10) >= 4 ? [...types, amqp10] : types;
});

describe.each(scenes)(
  "dead letters in a $type queue of RabbitMQ $broker.version over AMQP $amqpVersion",
  ({ broker, type, amqpVersion }) => {
    /** RabbitMQ leaves nested headers out over AMQP 1.0, and makes text of bytes on the way back. */
    const isFlat = amqpVersion === "1.0";
    let channel: OpenChannel;
    let name: string;
    let queue: string;

    beforeAll(async () => {
      channel = await openChannel(broker.url);
    });
    afterAll(() => channel[Symbol.asyncDispose]());
    beforeEach(async () => {
      name = `replay-${randomUUID()}`;
      queue = `${name}.failed`;
      await channel.assertExchange(name, "topic");
      await channel.assertQueue(name);
      await channel.bindQueue(name, name, "#");
      await channel.assertQueue(queue, { arguments: { "x-queue-type": type } });
    });
    afterEach(async () => {
      for (const one of [name, queue]) await channel.deleteQueue(one);
      await channel.deleteExchange(name);
    });

    const letters = () => new DeadLetters({ url: broker.url, amqpVersion, queue, logger: silentLogger });

    const put = (id: number | string, own: object = {}, headers: object = {}) =>
      channel.sendToQueue(queue, Buffer.from(JSON.stringify({ event_type: "end", data: { id } })), {
        ...{ messageId: String(id), persistent: true, ...own },
        headers: {
          streamll_failure: "X",
          streamll_exchange: name,
          streamll_routing_key: `key.${id}`,
          ...headers,
        },
      });

    async function taken(from: string): Promise<GetMessage[]> {
      const found: GetMessage[] = [];
      for (;;) {
        const message = await channel.get(from, { noAck: true });
        if (message === false) return found;
        found.push(message);
      }
    }
    const idsIn = async (from: string) =>
      (await taken(from)).map(({ properties }) => properties.messageId as string);

    it("of a foreign sender go back as they came, and in order", async () => {
      const own = {
        ...{ contentType: "text/x-own", contentEncoding: "identity", priority: 7, expiration: "600000" },
        ...{ correlationId: "c", replyTo: "r", timestamp: 1_700_000_000, type: "t", appId: "a" },
      };
      const headers = {
        ...(isFlat ? {} : { deep: { list: [1, { two: [null] }] }, bytes: Buffer.from([255]) }),
        float: { "!": "float", value: 1.5 },
      };
      put("foreign", own, headers);
      for (let n = 0; n < 500; n++) put(n);
      await channel.waitForConfirms();
      const report = await letters().replay();
      expect(report).toMatchObject({ scanned: 501, total: 501, replayed: 501, complete: true, problems: [] });
      const [first, ...others] = await taken(name);
      const { expiration: _, ...kept } = own;
      expect(first!.properties).toMatchObject({ ...kept, messageId: "foreign" });
      expect(first!.properties.expiration).toBeUndefined();
      expect(first!.fields).toMatchObject({ exchange: name, routingKey: "key.foreign" });
      expect(first!.properties.headers).toEqual({
        ...{ ...headers, float: 1.5 },
        ...{
          streamll_replayed: 1,
          streamll_replay_id: report.replayId,
          streamll_replayed_at: expect.any(String),
        },
      });
      expect(others.map(({ properties }) => Number(properties.messageId))).toEqual(
        Array.from({ length: 500 }, (_, n) => n),
      );
      expect(await taken(queue)).toEqual([]);
    });

    it.each([
      ["purge", 1500],
      ["replay", 600],
    ] as const)("beyond the limit of a %s are not touched", async (method, limit) => {
      for (let n = 0; n < 2500; n++) put(n);
      await channel.waitForConfirms();
      expect(await letters()[method]({ limit })).toMatchObject({ matched: limit, scanned: limit });
      const rest = await taken(queue);
      expect(rest.map(({ properties }) => Number(properties.messageId))).toEqual(
        Array.from({ length: 2500 - limit }, (_, n) => limit + n),
      );
      expect(rest.filter(({ fields }) => fields.redelivered)).toEqual([]);
    });

    it("that fit are replayed, by two runs at once too, and the others stay in their order", async () => {
      for (let n = 0; n < 400; n++) put(n, {}, { streamll_failure: n % 20 === 0 ? "RARE" : "COMMON" });
      await channel.waitForConfirms();
      const reports = await Promise.all([
        letters().replay({ code: "RARE" }),
        letters().replay({ code: "RARE" }),
      ]);
      expect(reports.reduce((sum, { replayed }) => sum + replayed, 0)).toBeLessThanOrEqual(20);
      // What one of them held, the other has not seen.
      await letters().replay({ code: "RARE" });
      expect((await idsIn(name)).map(Number).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 20 }, (_, n) => n * 20),
      );
      const rest = (await idsIn(queue)).map(Number);
      expect(rest.toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: 400 }, (_, n) => n).filter((n) => n % 20 !== 0),
      );
    });

    it("of a part are taken, and no other is", async () => {
      for (let n = 0; n < 60; n++) put(n);
      await channel.waitForConfirms();
      expect(await letters().replay({ limit: 20 })).toMatchObject({ replayed: 20 });
      expect(await letters().purge({ limit: 10 })).toMatchObject({ purged: 10 });
      const left = (await idsIn(queue)).map(Number);
      // One that came while others before the limit were done goes back to the end of a quorum queue without a delivery limit.
      expect(left.sort((one, other) => one - other)).toEqual(Array.from({ length: 30 }, (_, n) => 30 + n));
    });

    it("that nobody takes, or whose exchange is gone, stay, and the report says why", async () => {
      put(1, {}, { streamll_exchange: "", streamll_routing_key: "nowhere" });
      put(2, {}, { streamll_exchange: `${name}-gone` });
      put(3);
      put(4, {}, { streamll_exchange: `${name}-gone` });
      await channel.waitForConfirms();
      const report = await letters().replay();
      expect(report).toMatchObject({ replayed: 1, failed: 3, doubtful: [], complete: false });
      expect(report.problems).toEqual([
        expect.objectContaining({ code: "TRANSPORT_UNROUTABLE", count: 1 }),
        expect.objectContaining({ code: "TRANSPORT_NOT_FOUND", count: 2 }),
      ]);
      expect([await idsIn(name), await idsIn(queue)]).toEqual([["3"], ["1", "2", "4"]]);
    });

    it("that die again at once are replayed once a run", async () => {
      const trap = `${name}-trap`;
      const back = { "x-message-ttl": 0, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": queue };
      await channel.assertQueue(trap, { arguments: back });
      for (let n = 0; n < 300; n++) put(n, {}, { streamll_exchange: "", streamll_routing_key: trap });
      await channel.waitForConfirms();
      for (const times of [1, 2]) {
        expect(await letters().replay()).toMatchObject({ replayed: 300, complete: true });
        await expect.poll(async () => (await channel.checkQueue(queue)).messageCount, patient).toBe(300);
        const { letters: listed } = await letters().list({ limit: 1 });
        expect(listed).toMatchObject([{ code: "EXPIRED", replayed: times, exchange: "", routingKey: trap }]);
      }
      await channel.deleteQueue(trap);
    });

    // A quorum queue of 4.0 drops what it has delivered more than 20 times: its 21st listing would lose all of it.
    it("are all there, once, after 25 looks", async () => {
      for (let n = 0; n < 40; n++) put(n);
      await channel.waitForConfirms();
      for (let looks = 0; looks < 25; looks++) {
        expect((await channel.checkQueue(queue)).messageCount).toBe(40);
        const limit = looks % 2 === 0 ? 40 : 10;
        expect(await letters().list({ limit })).toMatchObject({ matched: limit, total: 40 });
      }
      const ids = (await idsIn(queue)).map(Number);
      expect(ids.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 40 }, (_, n) => n));
    });
  },
);
