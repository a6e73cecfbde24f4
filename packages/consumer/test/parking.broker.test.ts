import { randomUUID } from "node:crypto";
import { brokersForTests, type OpenChannel, openChannel } from "@streamll/brokers";
import { EventConsumer, type EventConsumerOptions } from "@streamll/consumer";
import { silentLogger } from "@streamll/core";
import type { GetMessage } from "amqplib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

const patient = { timeout: 30_000 };

describe.each(brokersForTests())("a dead letter of a consumer on RabbitMQ $version", (broker) => {
  let channel: OpenChannel;
  let name: string;
  const opened: EventConsumer[] = [];

  beforeAll(async () => {
    channel = await openChannel(broker.url);
  });
  afterAll(() => channel[Symbol.asyncDispose]());
  beforeEach(() => {
    name = `parking-${randomUUID()}`;
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((one) => one.stop()));
    for (const queue of [name, `${name}-dead.failed`]) await channel.deleteQueue(queue);
    for (const exchange of [name, `${name}-dead`]) await channel.deleteExchange(exchange);
  });

  async function consume(options: Partial<EventConsumerOptions> = {}): Promise<EventConsumer> {
    const consumer = new EventConsumer({
      ...{
        url: broker.url,
        exchange: name,
        queue: name,
        deadLetterExchange: `${name}-dead`,
        logger: silentLogger,
      },
      ...{ retry: { attempts: 1 }, handle: () => {} },
      ...options,
    });
    opened.push(consumer);
    await consumer.start();
    return consumer;
  }

  async function letter(): Promise<GetMessage> {
    let found: GetMessage | false = false;
    const look = async () => {
      found = await channel.get(`${name}-dead.failed`, { noAck: true });
      return found;
    };
    await expect.poll(look, patient).toBeTruthy();
    return found as unknown as GetMessage;
  }

  it("of a foreign sender keeps each property and header as it was, and has the reason beside them", async () => {
    await consume();
    const headers = {
      nested: { list: [1, "two", { three: true }], at: { "!": "timestamp", value: 1_700_000_000 } },
      long: { "!": "long", value: "9007199254740993" },
      float: { "!": "float", value: 1.5 },
      bytes: Buffer.from([0xff, 0x00, 0xfe]),
      nothing: null,
      CC: ["elsewhere"],
    };
    const properties = {
      ...{
        contentType: "text/x-own",
        contentEncoding: "identity",
        priority: 7,
        deliveryMode: 1,
        expiration: "600000",
      },
      ...{
        correlationId: "c",
        replyTo: "r",
        messageId: "m",
        timestamp: 1_700_000_000,
        type: "t",
        appId: "a",
      },
      userId: decodeURIComponent(new URL(broker.url).username || "guest"),
    };
    const body = Buffer.alloc(300_000, "no event ");
    channel.publish(name, "some.key", body, { ...properties, headers } as object);
    const { content, fields, properties: got } = await letter();
    expect(content.equals(body)).toBe(true);
    expect(fields).toMatchObject({ exchange: `${name}-dead`, routingKey: "some.key" });
    const { expiration, ...kept } = properties;
    expect(got).toMatchObject(kept);
    expect(got.expiration).toBeUndefined();
    expect(got.headers).toEqual({
      ...{ nested: headers.nested, float: 1.5, bytes: headers.bytes, nothing: null, CC: ["elsewhere"] },
      long: expect.anything(),
      ...{ streamll_failure: "INVALID_EVENT", streamll_failure_message: "the message is no event" },
      ...{
        streamll_exchange: name,
        streamll_routing_key: "some.key",
        streamll_queue: name,
        streamll_attempts: 1,
      },
      ...{ streamll_failed_at: expect.any(String), streamll_expiration: expiration },
    });
  });

  it.runIf(Number.parseInt(broker.version, 10) >= 4)(
    "has its reason over AMQP 1.0 too, and all else as it was",
    async () => {
      const consumer = await consume({ amqpVersion: "1.0" });
      const headers = { text: "ü", yes: true, long: 5_000_000_000 };
      const properties = {
        ...{ contentType: "text/x-own", priority: 7, deliveryMode: 2, correlationId: "c", replyTo: "r" },
        ...{ messageId: "m", timestamp: 1_700_000_000, type: "t", appId: "a" },
      };
      const body = Buffer.alloc(300_000, "no event ");
      channel.publish(name, "some.key", body, { ...properties, expiration: "600000", headers });
      const { content, fields, properties: got } = await letter();
      expect(content.equals(body)).toBe(true);
      expect(fields).toMatchObject({ exchange: `${name}-dead`, routingKey: "some.key" });
      expect(got).toMatchObject(properties);
      expect(got.expiration).toBeUndefined();
      expect(got.headers).toEqual({
        ...headers,
        ...{ streamll_failure: "INVALID_EVENT", streamll_failure_message: "the message is no event" },
        ...{ streamll_exchange: name, streamll_routing_key: "some.key", streamll_queue: name },
        ...{ streamll_attempts: 1, streamll_failed_at: expect.any(String), streamll_expiration: "600000" },
      });
      const userId = decodeURIComponent(new URL(broker.url).username || "guest");
      channel.publish(name, "some.key", Buffer.from("no event"), { userId });
      const { properties: own } = await letter();
      expect(own).toMatchObject({ userId, headers: { streamll_failure: "INVALID_EVENT" } });
      expect(consumer.stats()).toMatchObject({ events_dead_lettered: 2, settlements_lost: 0 });
    },
  );

  it("waits with the consumer while there is no exchange for it, without a hot loop, and is then put once", async () => {
    let tries = 0;
    await channel.assertQueue(name);
    const consumer = await consume({
      ...{ exchange: undefined, declareTopology: "none", retry: { attempts: 2, backoffMs: 1 } },
      onForeign: () => {
        tries++;
        throw new Error("never");
      },
    });
    channel.sendToQueue(name, Buffer.from("no event"), { messageId: "one" });
    const codes = () => consumer.health().problems.map(({ code }) => code);
    await expect.poll(codes, patient).toContain("PARKING_FAILED");
    expect(consumer.stats()).toMatchObject({ events_given_back: 0, events_dead_lettered: 0 });
    await channel.assertExchange(`${name}-dead`, "topic");
    await channel.assertQueue(`${name}-dead.failed`);
    await channel.bindQueue(`${name}-dead.failed`, `${name}-dead`, "#");
    const { properties } = await letter();
    expect(properties.headers).toMatchObject({ streamll_failure: "RETRIES_EXHAUSTED", streamll_attempts: 2 });
    await expect.poll(() => consumer.health().pending, patient).toBe(0);
    expect(tries).toBe(2);
    expect((await channel.checkQueue(`${name}-dead.failed`)).messageCount).toBe(0);
  });
});
