import { randomUUID } from "node:crypto";
import { brokersForTests, type OpenChannel, openChannel } from "@streamll/brokers";
import type { GetMessage } from "amqplib";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { RabbitMQSink } from "../src/index.js";

const WAIT = { timeout: 30_000, interval: 20 };
/** More than RabbitMQ 4 lets a message of a quorum queue come back by itself. */
const LOOKS = 25;

describe.each(brokersForTests())("dead letters on RabbitMQ $generation", ({ url, generation }) => {
  let channel: OpenChannel;
  beforeAll(async () => {
    channel = await openChannel(url);
  });
  afterAll(() => channel[Symbol.asyncDispose]());

  /** The message at the head, once there is one. */
  const look = (queue: string): Promise<GetMessage> =>
    vi.waitFor(async () => {
      const got = await channel.get(queue);
      if (!got) throw new Error("not there yet");
      return got;
    }, WAIT);

  describe.each(generation.startsWith("3.") ? (["0-9-1"] as const) : (["0-9-1", "1.0"] as const))(
    "over AMQP %s",
    (amqpVersion) => {
      it("say what a replay needs, and stay in a quorum queue however often they are looked at", async () => {
        const exchange = `dead-letters-${randomUUID()}`;
        const deadLetterExchange = `${exchange}.dlx`;
        const queue = `${deadLetterExchange}.failed`;
        const headers = { tenant: "acme" };
        await using sink = new RabbitMQSink({
          ...{ amqpUrl: url, amqpVersion, exchange, deadLetterExchange, headers },
          ...{ queueType: "quorum", queue: false, routingKey: "app.{event_type}", maxRetries: 0 },
          deadLetterRoutingKey: "failed.{event_type}",
        });
        await expect(sink.publish({ eventType: "start" })).rejects.toMatchObject({ code: "UNROUTABLE" });
        for (let time = 0; time < LOOKS; time++) channel.nack(await look(queue), false, true);
        const { fields, properties } = await look(queue);
        expect(fields.routingKey).toBe("failed.start");
        expect(properties.headers).toMatchObject({
          ...headers,
          streamll_failure: "UNROUTABLE",
          streamll_failure_message: expect.stringContaining("no queue"),
          streamll_exchange: exchange,
          streamll_routing_key: "app.start",
          streamll_attempts: 1,
        });
        const age = Date.now() - Date.parse(properties.headers?.streamll_failed_at);
        expect(age).toBeLessThan(60_000);
        await channel.deleteQueue(queue);
        for (const each of [exchange, deadLetterExchange]) await channel.deleteExchange(each);
      });
    },
  );
});
