import { setTimeout } from "node:timers/promises";
import { until } from "@streamll/brokers";
import { BrokerSink } from "@streamll/sink";
import { afterAll, expect, it } from "vitest";
import { redisTransport } from "../src/redis-transport.js";
import { connectReader, readerOf } from "./support/reader.js";
import { startRedis } from "./support/redis-server.js";

const kills = 10;
const executions = 40;

const redis = await startRedis();
afterAll(() => redis.close());

it.each([
  ["TCP", `redis-streams://:${encodeURIComponent(redis.password)}@127.0.0.1:${redis.port}/`, {}],
  [
    "TLS",
    `rediss-streams://:${encodeURIComponent(redis.password)}@127.0.0.1:${redis.tlsPort}/`,
    { ca: redis.ca },
  ],
])(
  `the sink loses no event over ${kills} kills of redis-server under load, over %s`,
  async (over, url, tls) => {
    const exchange = `killed over ${over}`;
    const sink = new BrokerSink({
      url,
      ...(over === "TLS" && { tls }),
      transports: [redisTransport],
      exchange,
      flushTimeout: "2m",
      // A Redis that is slow to start must not cost half a minute each time.
      circuitBreaker: { cooldown: "1s" },
      onFailure: ({ code }) => console.error(`an event failed: ${code}`),
    });
    await sink.start();

    let isKilling = true;
    const killing = (async () => {
      for (let kill = 0; kill < kills; kill++) {
        await setTimeout(300 + Math.random() * 700);
        await until(() => sink.stats().events_in_flight > 0, "events in flight");
        await redis.kill();
        await setTimeout(Math.random() * 300);
        await redis.start();
        const { events_sent } = sink.stats();
        await until(() => sink.stats().events_sent > events_sent, "events sent after a kill", 60_000);
      }
    })().finally(() => {
      isKilling = false;
    });

    let accepted = 0;
    for (; isKilling; accepted++) {
      const data = { number: accepted, text: "x".repeat(200) };
      const event = {
        executionId: `run-${accepted % executions}`,
        eventType: "token",
        operation: "answer",
        data,
      };
      while (!sink.handleEvent(event)) await sink.ready();
      if (accepted % 200 === 199) await setTimeout(5);
    }
    await killing;
    const { sent, failed, dropped } = await sink.stop();
    const { reconnects } = sink.stats();

    const client = await connectReader(redis);
    const stored = await readerOf(client, exchange)();
    client.destroy();
    const first = new Set<number>();
    const last = new Map<string, number>();
    let disordered = 0;
    for (const { body, correlationId } of stored) {
      const { data } = JSON.parse(Buffer.from(body).toString()) as { data: { number: number } };
      if (first.has(data.number)) continue;
      first.add(data.number);
      if (data.number < (last.get(correlationId) ?? 0)) disordered++;
      last.set(correlationId, data.number);
    }
    const lost = accepted - first.size;
    const twice = stored.length - first.size;
    console.error(
      `${over}: ${kills} kills, ${reconnects} reconnects, ${accepted} events, ${lost} lost, ${twice} twice`,
    );
    expect({ sent, failed, dropped }).toEqual({ sent: accepted, failed: 0, dropped: 0 });
    expect({ lost, disordered }).toEqual({ lost: 0, disordered: 0 });
    expect(reconnects).toBeGreaterThanOrEqual(kills);
  },
);
