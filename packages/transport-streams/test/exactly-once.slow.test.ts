import { setImmediate, setTimeout } from "node:timers/promises";
import { type Broker, brokersForTests, followStream } from "@streamll/brokers";
import { silentLogger } from "@streamll/core";
import {
  DeliveryEngine,
  defaultDeliveryOptions,
  PreparedMessage,
  partitionOf,
} from "@streamll/core/internal";
import { describe, expect, it, vi } from "vitest";
import { streamsTransport } from "../src/transport.js";
import { readStream } from "./support/official.js";
import { options, parts } from "./support/options.js";
import { endpointOf, freshName, onSuperStream } from "./support/stream.js";

// STREAMLL_TEST_EVENTS=5000000 STREAMLL_TEST_KILLS=10 is the full run.
const events = Number(process.env.STREAMLL_TEST_EVENTS ?? 60_000);
const kills = Number(process.env.STREAMLL_TEST_KILLS ?? 2);
const partitions = 3;
const executions = 50;

const event = (index: number) =>
  new PreparedMessage({
    ...parts({ sequence: 0, headers: { event_type: "token" } }),
    messageId: `e${index}`,
    correlationId: `execution-${index % executions}`,
    body: JSON.stringify({ index, text: "x".repeat(400) }),
  });

/** The index of each event in a partition, in the order in which they are stored. */
async function stored(broker: Broker, stream: string, count: number): Promise<readonly number[]> {
  const indexOf = (body: Buffer) => (JSON.parse(body.toString()) as { index: number }).index;
  if (broker.generation !== "3.10")
    return readStream({ port: broker.streamPort }, stream, count, ({ content }) => indexOf(content));
  await using reader = await followStream(broker, stream, ({ content }) => indexOf(content));
  await vi.waitUntil(() => reader.all.length >= count, { timeout: 600_000, interval: 20 });
  return reader.all;
}

/** The same of a partition whose messages are batches. */
async function storedInBatches(broker: Broker, stream: string, count: number): Promise<number[]> {
  await using reader = await followStream(broker, stream, ({ content }) =>
    (JSON.parse(content.toString()) as { index: number }[]).map(({ index }) => index),
  );
  const found = () => reader.all.reduce((sum, batch) => sum + batch.length, 0);
  await vi.waitUntil(() => found() >= count, { timeout: 600_000, interval: 20 });
  return reader.all.flat();
}

describe.each(brokersForTests().filter(({ owned }) => owned))(
  "RabbitMQ $version, killed again and again",
  (broker) => {
    it.each([
      { what: "messages of one event", packing: undefined, read: stored },
      { what: "batches", packing: { layout: "json-array" } as const, read: storedInBatches },
    ])(
      `has each of ${events.toLocaleString("en")} events once, in order within its execution, in $what`,
      async ({ packing, read }) => {
        const name = freshName();
        const { port: amqp_port } = new URL(broker.url);
        const engine = new DeliveryEngine({
          transport: streamsTransport(options(onSuperStream(name, partitions))),
          endpoints: [endpointOf(broker, { query: { amqp_port } })],
          options: {
            ...defaultDeliveryOptions,
            batchSize: 500,
            packing,
            flushTimeoutMs: 120_000,
            circuitBreaker: false,
            maxRetryBackoffMs: 1000,
          },
          logger: silentLogger,
        });
        await engine.start();
        // A kill within the first seconds would take half of what was declared with it: the broker's own books lag behind.
        await broker.ctl("eval", "mnesia:dump_log().");
        await setTimeout(3000);
        const share = Math.floor(events / (kills + 1));
        let allowed = share;
        const producing = (async () => {
          for (let index = 0; index < events; index++) {
            while (!engine.offer(event(index))) await engine.ready();
            if (index % 500 === 499) await setImmediate();
            while (index >= allowed) await setTimeout(1);
          }
        })();
        for (let kill = 1; kill <= kills; kill++) {
          // In the middle of a share: what is not confirmed by then is under way.
          const due = allowed - share / 2;
          await vi.waitUntil(() => engine.stats().events_sent > due, { timeout: 600_000, interval: 1 });
          await broker.kill();
          await broker.start();
          allowed = kill === kills ? events : allowed + share;
        }
        await producing;
        const report = await engine.stop();
        expect(report).toMatchObject({ sent: events, failed: 0, dropped: 0, pending: 0 });
        expect(engine.stats().reconnects).toBeGreaterThanOrEqual(kills);

        const wanted: number[][] = Array.from({ length: partitions }, () => []);
        for (let index = 0; index < events; index++)
          wanted[partitionOf(event(index).correlationId, partitions)]!.push(index);
        for (const [partition, indices] of wanted.entries()) {
          const found = await read(broker, `${name}-${partition}`, indices.length);
          expect(found.length).toBe(indices.length);
          // Of the events of one lane, all are in order.
          expect(found.findIndex((index, place) => index !== indices[place])).toBe(-1);
        }
      },
      3_600_000,
    );
  },
);
