import dns from "node:dns";
import { inspect } from "node:util";
import {
  brokersForTests,
  type Certificates,
  certificates,
  type OwnBroker,
  openConnection,
  startBroker,
} from "@streamll/brokers";
import type { ChannelModel } from "amqplib";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { RabbitMQSink, type RabbitMQSinkOptions } from "../src/index.js";
import { keeper } from "./keeper.js";

const password = "hunter2-s3cret";

/** How each provider sets a broker up; the broker is the project's own, found under a name of the provider's form. */
const providers = [
  {
    provider: "Amazon MQ",
    host: "b-c8352341-ec91-4a78-ad9c-a43f23d325bb.mq.us-west-2.amazonaws.com",
    user: "anna",
    vhost: "/",
  },
  { provider: "CloudAMQP", host: "hog.rmq5.cloudamqp.com", user: "qwertyui", vhost: "qwertyui" },
] as const;

describe.each(brokersForTests())(
  "a managed RabbitMQ $generation",
  { skip: !brokersForTests().every(({ owned }) => owned) },
  ({ generation }) => {
    const isQuorum = !generation.startsWith("3.");
    let broker: OwnBroker;
    let authority: Certificates;

    beforeAll(async () => {
      authority = await certificates({ hosts: providers.map(({ host }) => host) });
      const config = isQuorum ? { default_queue_type: "quorum" } : {};
      broker = await startBroker({ generation, config, files: authority });
      const { lookup } = dns;
      vi.spyOn(dns, "lookup").mockImplementation(((host: string, ...rest: [never, never]) =>
        lookup(providers.some((one) => one.host === host) ? "localhost" : host, ...rest)) as typeof lookup);
    }, 120_000);
    afterAll(async () => {
      vi.restoreAllMocks();
      await broker?.close();
    });

    describe.each(providers)("as $provider sets it up, at $host", ({ provider, host, user, vhost }) => {
      const at = encodeURIComponent(vhost);
      let reader: ChannelModel;
      const limit = (value: number) => broker.manage("PUT", `vhost-limits/${at}/max-connections`, { value });
      const purge = async (messageCount: number) => {
        const channel = await reader.createChannel();
        expect(await channel.purgeQueue("streamll_events")).toEqual({ messageCount });
        await channel.close();
      };
      /** The rights that docs/providers/amazon-mq.md gives. */
      const permit = ({ configure = "^streamll_events", read = "^streamll_events" }) =>
        broker.manage("PUT", `permissions/${at}/${user}`, { configure, write: "^streamll_events", read });
      /** Whether another connection is refused. */
      const isFull = () =>
        openConnection(`${broker.url}${at}`).then(
          async (another) => {
            await another.close();
            return false;
          },
          () => true,
        );
      const options = (own: RabbitMQSinkOptions = {}) => {
        const { lines, logger } = keeper();
        const { port } = new URL(broker.tlsUrl.replace("amqps", "https"));
        const amqpUrl = `amqps://${user}:${password}@${host}:${port}/${vhost === "/" ? "" : at}`;
        const tls = { ca: authority["ca.pem"] };
        return { lines, options: { amqpUrl, tls, logger, circuitBreaker: false as const, ...own } };
      };

      beforeAll(async () => {
        if (vhost !== "/")
          await broker.manage("PUT", `vhosts/${at}`, isQuorum ? { default_queue_type: "quorum" } : {});
        await broker.manage("PUT", `users/${user}`, { password, tags: "" });
        await broker.manage("PUT", `permissions/${at}/guest`, { configure: ".*", write: ".*", read: ".*" });
        await permit({});
        reader = await openConnection(`${broker.url}${at}`);
      });
      afterAll(async () => {
        const channel = await reader.createChannel();
        await channel.deleteQueue("streamll_events");
        await reader.close();
        await limit(-1);
      });

      it("is reached over TLS also by amqp://, and takes the events", async () => {
        const { lines, options: own } = options();
        await using sink = new RabbitMQSink({
          ...own,
          amqpUrl: String(own.amqpUrl).replace("amqps", "amqp"),
        });
        expect(sink.explain()).toMatchObject({ provider, options: { ssl: { value: true } } });
        expect(lines.join()).toContain(`${provider} is reached with TLS`);
        expect(await sink.publish({ eventType: "start" })).toMatchObject({ confirmed: true });
        expect(await sink.stop()).toMatchObject({ sent: 1, failed: 0 });
        const queue = await broker.manage("GET", `queues/${at}/streamll_events`);
        expect(queue).toMatchObject({ type: isQuorum ? "quorum" : "classic" });
        await purge(1);
      });

      it("is not trusted without its authority, nor under another name", async () => {
        for (const own of [{ tls: {} }, { tls: { ca: authority["ca.pem"], servername: "localhost" } }]) {
          await using sink = new RabbitMQSink(options(own).options);
          await expect(sink.start()).rejects.toMatchObject({ kind: "tls", permanent: true });
        }
      });

      it("takes any certificate where sslVerify is false, which is warned of once", async () => {
        const { lines, options: own } = options({ tls: {}, sslVerify: false });
        await using sink = new RabbitMQSink(own);
        expect(await sink.publish({ eventType: "start" })).toMatchObject({ confirmed: true });
        expect(await sink.publish({ eventType: "end" })).toMatchObject({ confirmed: true });
        expect(lines.filter((line) => line.includes("sslVerify is false"))).toHaveLength(1);
        await purge(2);
      });

      it("takes events from a user who may only write, with declareTopology none", async () => {
        await permit({ configure: "^$", read: "^$" });
        await using sink = new RabbitMQSink(options({ declareTopology: "none" }).options);
        expect(await sink.publish({ eventType: "start" })).toMatchObject({ confirmed: true });
        await permit({});
        await purge(1);
      });

      it("is sent everything over the connections that its limit allows", async () => {
        const { lines, options: own } = options({ connectionPoolSize: 5, maxInFlight: 25, batchSize: 1 });
        await using sink = new RabbitMQSink(own);
        await sink.start();
        // The reader's and the sink's first. RabbitMQ counts with some delay: a burst may get past its limit.
        await limit(2);
        await vi.waitUntil(isFull, { timeout: 20_000 });
        const events = Array.from({ length: 600 }, (_, i) => ({
          eventType: "step",
          executionId: `run-${i % 60}`,
          data: { step: Math.floor(i / 60) },
        }));
        for (const event of events) expect(sink.handleEvent(event)).toBe(true);
        await vi.waitUntil(() => sink.stats().events_sent === events.length, { timeout: 60_000 });
        await vi.waitUntil(() => lines.some((line) => line.includes("pool_lowered")), { timeout: 60_000 });
        expect(sink.health()).toMatchObject({ status: "up", connectionsOpen: 1, circuitState: "closed" });
        expect(await sink.stop()).toMatchObject({ sent: events.length, failed: 0, pending: 0 });
        expect(lines.join("\n")).toContain("going on with 1 of connectionPoolSize 5");
        await limit(-1);

        const channel = await reader.createChannel();
        const steps = new Map<string, number[]>();
        for (let i = 0; i < events.length; i++) {
          const got = await channel.get("streamll_events", { noAck: true });
          if (!got) throw new Error(`${i} events arrived`);
          const { execution_id, data } = JSON.parse(got.content.toString());
          steps.set(execution_id, [...(steps.get(execution_id) ?? []), data.step]);
        }
        expect(await channel.get("streamll_events")).toBe(false);
        await channel.close();
        expect(steps.size).toBe(60);
        for (const one of steps.values()) expect(one).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      });

      it("whose limit leaves no connection at all is said, and waited for", async () => {
        await limit(1);
        const { options: own } = options({ retryBackoffMs: 10, maxRetryBackoffMs: 100 });
        await using sink = new RabbitMQSink(own);
        expect(sink.handleEvent({ eventType: "start" })).toBe(true);
        await sink.start();
        expect(sink.health()).toMatchObject({
          status: "degraded",
          lastError: {
            code: "TRANSPORT_THROTTLED",
            message: expect.stringMatching(/connection limit \(1\) is reached.*allows no more connections/),
          },
        });
        await limit(-1);
        expect(await sink.flush()).toMatchObject({ sent: 1, pending: 0 });
      });

      it("takes queuePriority, or says what to set where queues are quorum queues", async () => {
        const { options: own } = options({ queuePriority: 5, exchange: "streamll_events.urgent" });
        await using sink = new RabbitMQSink(own);
        const started = await sink.start().catch((error: unknown) => error);
        if (isQuorum) {
          expect(started).toMatchObject({
            permanent: true,
            message: expect.stringContaining('set queueType: "classic", or leave queuePriority out'),
          });
        } else {
          expect(started).toBeUndefined();
        }
        await using classic = new RabbitMQSink({ ...own, queueType: "classic" });
        expect(await classic.publish({ eventType: "start" })).toMatchObject({ confirmed: true });
        const channel = await reader.createChannel();
        await channel.deleteQueue("streamll_events.urgent");
        await channel.close();
      });

      it("is told no secret that anybody could see", async () => {
        const { lines, options: own } = options();
        const secrets = [password, "phr4se-s3cret"];
        await using sink = new RabbitMQSink({ ...own, tls: { ...own.tls, passphrase: secrets[1]! } });
        await sink.publish({ eventType: "start" });
        await using wrong = new RabbitMQSink({ ...own, password: `${password}-wrong` });
        const error = await wrong.start().catch((reason: unknown) => reason);
        const seen = [sink, wrong, error, lines, sink.explain(), sink.health(), wrong.health(), sink.stats()];
        const text = inspect(seen, { depth: null, showHidden: true, maxStringLength: null });
        expect(text).toContain(`${user}:***@`);
        for (const secret of secrets) {
          expect(text).not.toContain(secret);
          expect(process.title).not.toContain(secret);
        }
      });
    });
  },
);
