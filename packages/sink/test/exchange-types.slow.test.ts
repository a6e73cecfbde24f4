import { randomUUID } from "node:crypto";
import { brokersForTests, type OwnBroker, openConnection, startBroker } from "@streamll/brokers";
import type { Channel, ChannelModel } from "amqplib";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { RabbitMQSink, type RabbitMQSinkOptions } from "../src/index.js";
import { unsupportedBy } from "../src/queue-arguments.js";

const plugins = [
  "rabbitmq_consistent_hash_exchange",
  "rabbitmq_random_exchange",
  "rabbitmq_recent_history_exchange",
  "rabbitmq_sharding",
];
const types = [
  "topic",
  "direct",
  "fanout",
  "headers",
  "x-consistent-hash",
  "x-modulus-hash",
  "x-random",
  "x-recent-history",
];

const WAIT = { timeout: 30_000, interval: 20 };
const soon = { flushTimeout: 30, circuitBreaker: false } as const;

describe.each(brokersForTests())(
  "exchanges of RabbitMQ $generation",
  { skip: !brokersForTests().every(({ owned }) => owned) },
  ({ generation }) => {
    const is4 = !generation.startsWith("3.");
    let broker: OwnBroker;
    let model: ChannelModel;
    let channel: Channel;
    beforeAll(async () => {
      broker = await startBroker({ generation, plugins });
      model = await openConnection(broker.url);
      channel = await model.createChannel();
    }, 180_000);
    afterAll(async () => {
      await model?.close();
      await broker?.close();
    });

    const fresh = () => `exchange-types-${randomUUID()}`;
    const depth = async (queue: string) => (await channel.checkQueue(queue)).messageCount;
    const startOf = async (options: RabbitMQSinkOptions) => {
      await using sink = new RabbitMQSink({ amqpUrl: broker.url, ...soon, ...options });
      return await sink.start().then(
        () => undefined,
        (error: unknown) => error,
      );
    };

    describe.each(is4 ? (["0-9-1", "1.0"] as const) : (["0-9-1"] as const))("over AMQP %s", (amqpVersion) => {
      const sinkTo = (options: RabbitMQSinkOptions) =>
        new RabbitMQSink({ amqpUrl: broker.url, amqpVersion, ...soon, ...options });

      it.each(is4 ? [...types, "x-local-random"] : types)(
        "of type %s bring events to the queue of the sink",
        async (exchangeType) => {
          const exchange = fresh();
          const routingKey = exchangeType === "direct" ? "audit" : "{event_type}";
          for (let turn = 1; turn <= 2; turn++) {
            await using sink = sinkTo({ exchange, exchangeType, routingKey, queue: exchange });
            expect(await sink.publish({ eventType: "start" })).toMatchObject({ confirmed: true });
            await vi.waitFor(async () => expect(await depth(exchange)).toBe(turn), WAIT);
          }
        },
      );

      it.each(["amq.topic", "amq.fanout", "amq.headers", "amq.match", "amq.direct"])(
        "%s bring events and dead letters to queues of the sink",
        async (name) => {
          const routingKey = name === "amq.direct" ? "audit" : `${fresh()}.{event_type}`;
          await using sink = sinkTo({ exchange: name, routingKey });
          const { queue } = sink.explain().options;
          const events = String(queue.value);
          const before = await sink.start().then(() => depth(events));
          await sink.publish({ eventType: "start" });
          await vi.waitFor(async () => expect(await depth(events)).toBe(before + 1), WAIT);

          const exchange = fresh();
          await using other = sinkTo({ exchange, deadLetterExchange: name, deadLetterRoutingKey: exchange });
          await other.publish({ eventType: "start" });
          const failed = `streamll_${name}.failed`;
          const had = await depth(failed);
          await vi.waitFor(async () => {
            const got = await channel.get(exchange);
            if (!got) throw new Error("not there yet");
            channel.nack(got, false, false);
          }, WAIT);
          await vi.waitFor(async () => expect(await depth(failed)).toBeGreaterThan(had), WAIT);
        },
      );

      it("of a type that no plugin brings fail for good, and the plugin is asked for", async () => {
        const options = {
          exchange: fresh(),
          exchangeType: "x-unheard-of",
          queue: false as const,
          amqpVersion,
        };
        expect(await startOf(options)).toMatchObject({
          kind: "protocol",
          permanent: true,
          message: expect.stringMatching(/unknown exchange type 'x-unheard-of'.*Enable the plugin/),
        });
      });

      it.each(["fanout", "direct", "headers", "x-consistent-hash"])(
        "of type %s are taken for dead letters as they are, where the queue is somebody else's",
        async (type) => {
          const [exchange, d] = [fresh(), fresh()];
          await channel.assertExchange(d, type, { durable: false, autoDelete: true });
          await channel.assertQueue(d);
          await channel.bindQueue(d, d, type === "x-consistent-hash" ? "1" : "failed");
          const options = { exchange, amqpVersion, deadLetterExchange: d, deadLetterRoutingKey: "failed" };
          expect(await startOf(options)).toMatchObject({
            kind: "topology-conflict",
            permanent: true,
            message: expect.stringContaining("deadLetterQueue: false where it is the dead-letter exchange"),
          });
          await using sink = sinkTo({ ...options, deadLetterQueue: false });
          await sink.publish({ eventType: "start" });
          await vi.waitFor(async () => {
            const got = await channel.get(exchange);
            if (!got) throw new Error("not there yet");
            channel.nack(got, false, false);
          }, WAIT);
          await vi.waitFor(async () => expect(await depth(d)).toBe(1), WAIT);
        },
      );

      it("of dead letters that nobody has made are made", async () => {
        const [exchange, d] = [fresh(), fresh()];
        const options = { exchange, amqpVersion, deadLetterExchange: d, deadLetterQueue: false as const };
        for (let turn = 0; turn < 2; turn++) expect(await startOf(options)).toBeUndefined();
        await channel.checkExchange(d);
      });

      it("that somebody deletes are not made again over events for which mandatory is off", async () => {
        const exchange = fresh();
        await using sink = sinkTo({ exchange, mandatory: false });
        await sink.publish({ eventType: "start" });
        await channel.deleteQueue(exchange);
        expect(await sink.publish({ eventType: "start" })).toMatchObject({ confirmed: true });
        expect(await sink.publish({ eventType: "start" })).toMatchObject({ confirmed: true });
        expect(await broker.manage("GET", "queues/%2F")).not.toContainEqual(
          expect.objectContaining({ name: exchange }),
        );
      });
    });

    it("take no queue argument that the sink says the queue's type lacks", { timeout: 120_000 }, async () => {
      const values: Record<string, unknown> = {
        "x-dead-letter-exchange": "d",
        "x-dead-letter-routing-key": "k",
        "x-dead-letter-strategy": "at-most-once",
        "x-max-age": "5h",
        "x-overflow": "drop-head",
        "x-queue-master-locator": "client-local",
        "x-queue-mode": "lazy",
        "x-queue-version": 2,
        "x-single-active-consumer": true,
      };
      for (const [type, names] of unsupportedBy) {
        for (const name of names) {
          const attempt = await model.createChannel();
          attempt.on("error", () => {});
          const args = { "x-queue-type": type, [name]: values[name] ?? 100_000 };
          await expect(attempt.assertQueue(fresh(), { arguments: args }), `${type} ${name}`).rejects.toThrow(
            /PRECONDITION_FAILED - invalid arg/,
          );
        }
      }
    });

    // An older one makes classic queues everywhere.
    it.each(is4 ? ["stream"] : [])(
      "in a virtual host that makes a %s of each queue say which option helps",
      async (type) => {
        const at = fresh();
        await broker.manage("PUT", `vhosts/${at}`, { default_queue_type: type });
        await broker.manage("PUT", `permissions/${at}/guest`, { configure: ".*", write: ".*", read: ".*" });
        for (const amqpVersion of ["0-9-1", "1.0"] as const) {
          const told = async (options: RabbitMQSinkOptions) => {
            const error = await startOf({ amqpUrl: `${broker.url}${at}`, amqpVersion, ...options });
            expect(error).toMatchObject({ permanent: true });
            return (error as Error).message;
          };
          expect(await told({ messageTtl: 5 })).toMatch(
            /makes stream queues, which have no x-message-ttl: set queueType: "classic", or leave messageTtl out$/,
          );
          expect(await told({ exchange: "local", exchangeType: "x-local-random" })).toMatch(
            /takes classic queues alone: set queueType: "classic"/,
          );
        }
      },
    );
  },
);
