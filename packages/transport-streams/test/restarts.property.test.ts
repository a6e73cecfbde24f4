import type { Endpoint, FlushReport } from "@streamll/core";
import { silentLogger } from "@streamll/core";
import {
  DeliveryEngine,
  defaultDeliveryOptions,
  PreparedMessage,
  partitionOf,
} from "@streamll/core/internal";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { streamsTransport } from "../src/transport.js";
import { decodeMessage } from "./support/amqp-value.js";
import { type Death, FakeStreamServer } from "./support/fake-server.js";
import { options, parts } from "./support/options.js";

const partitions = ["events-0", "events-1"];
// Of the two partitions each has some.
const executions = ["x", "naïve", "invoice-1"];

const event = (index: number) =>
  new PreparedMessage({
    ...parts({ sequence: 0, messageId: `e${index}`, headers: {}, type: "t", routingKey: "k" }),
    correlationId: executions[index % executions.length]!,
    body: String(index),
  });

const queues = partitions.map((name) => ({ name, arguments: {} }));
const ownOptions = options({
  topology: { mode: "none", exchanges: [], queues, bindings: [] },
  message: { ...options().message, exchange: "", contentType: "", appId: "" },
});

async function deliver(endpoint: Endpoint, events: number): Promise<FlushReport> {
  const engine = new DeliveryEngine({
    transport: streamsTransport(ownOptions),
    endpoints: [endpoint],
    options: {
      ...defaultDeliveryOptions,
      batchSize: 2,
      batchTimeoutMs: 1,
      retryBackoffMs: 1,
      maxRetryBackoffMs: 2,
      circuitBreaker: false,
    },
    logger: silentLogger,
  });
  for (let index = 0; index < events; index++) engine.offer(event(index));
  return engine.stop();
}

/** Runs it all against a server that dies like this, and looks into its streams. */
async function run(events: number, deaths: readonly Death[]): Promise<FakeStreamServer> {
  await using server = await FakeStreamServer.start({ streams: partitions, deaths });
  const report = await deliver(server.endpoint, events);
  expect(report, JSON.stringify(deaths)).toMatchObject({ sent: events, failed: 0, pending: 0 });
  const wanted = partitions.map((_, partition) =>
    Array.from({ length: events }, (_, index) => index).filter(
      (index) => partitionOf(event(index).correlationId, partitions.length) === partition,
    ),
  );
  for (const indices of wanted) expect(indices).not.toEqual([]);
  const stored = partitions.map((name) =>
    server.streams.get(name)!.stored.map((entry) => decodeMessage(entry.message)),
  );
  expect(
    stored.map((all) => all.map(({ data }) => Number(data.toString()))),
    JSON.stringify(deaths),
  ).toEqual(wanted);
  return server;
}

describe("a broker that dies", () => {
  it("at any byte of a run, in or out, has each event once and in order afterwards", async () => {
    const events = 6;
    const whole = await run(events, []);
    const { in: bytesIn, out: bytesOut } = whole.traffic;
    expect(bytesIn).toBeGreaterThan(500);
    const places: Death[] = [];
    // All of them take most of a minute: ten runs go over each.
    const stride = 10;
    const offset = Math.floor(Math.random() * stride);
    for (let after = offset; after < bytesIn; after += stride) places.push({ direction: "in", after });
    for (let after = offset; after < bytesOut; after += stride) places.push({ direction: "out", after });
    for (let first = 0; first < places.length; first += 32)
      await Promise.all(places.slice(first, first + 32).map((death) => run(events, [death])));
  }, 60_000);

  it("again and again has each event once and in order afterwards", async () => {
    const death = fc.record({
      direction: fc.constantFrom<Death["direction"]>("in", "out"),
      after: fc.integer({ min: 0, max: 6000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(death, { minLength: 1, maxLength: 8 }), async (deaths) => {
        await run(40, deaths);
      }),
      { numRuns: 20 },
    );
  }, 60_000);
});
