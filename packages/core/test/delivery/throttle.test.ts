import { TransportError } from "@streamll/core";
import { describe, expect, it } from "vitest";
import { bench, message, messages } from "./bench.js";
import { FakeTransport } from "./fake-transport.js";

const busy = () => new TransportError("throttled", "server-busy");
const refusal = () => ({ kind: "refused" as const, error: busy() });

/** Refuses what comes before `until`, in milliseconds of the engine's clock. */
function busyBroker(until: () => boolean): FakeTransport {
  const transport = new FakeTransport();
  transport.onPublish = (connection) => connection.answer(until() ? refusal() : undefined);
  return transport;
}

describe("a broker that is too busy", () => {
  it("gets the same events in the same order later, and no try is used", async () => {
    const transport = busyBroker(() => clock.now() < 60_000);
    const { engine, clock, failures } = bench({ transport, batchSize: 4, maxRetries: 0 });
    const sent = messages(20);
    for (const one of sent) engine.offer(one);
    await clock.advance(200_000);
    expect(failures).toEqual([]);
    expect(transport.stored.map(({ messageId }) => messageId)).toEqual(
      sent.map(({ messageId }) => messageId),
    );
    expect(engine.stats()).toMatchObject({ events_sent: 20, events_failed: 0, events_retried: 0 });
  });

  it("is asked with one batch at a time, ever more seldom", async () => {
    const transport = busyBroker(() => true);
    const { engine, clock } = bench({ transport, batchSize: 4, random: () => 1 });
    for (const one of messages(20)) engine.offer(one);
    await clock.advance(500);
    const flood = transport.written.length;
    await clock.advance(7000);
    // After 1, 2 and 4 seconds.
    expect(transport.written.length - flood).toBe(3 * 4);
    await clock.advance(600_000);
    // Half a minute apart at most.
    expect(transport.written.length - flood).toBeLessThanOrEqual((3 + 2 + 600 / 30) * 4);
    expect(transport.written.length - flood).toBeGreaterThanOrEqual((600 / 30) * 4);
  });

  it("is what health and a listener are told of, until it takes something", async () => {
    let isBusy = true;
    const transport = busyBroker(() => isBusy);
    const { engine, clock } = bench({ transport });
    const heard: unknown[] = [];
    engine.on("blocked", ({ reason }) => heard.push(reason));
    engine.on("unblocked", () => heard.push("unblocked"));
    engine.offer(message());
    await clock.advance(10_000);
    expect(heard).toEqual(["server-busy"]);
    expect(engine.health()).toMatchObject({ status: "degraded" });
    expect(engine.health().problems.map(({ code }) => code)).toContain("TRANSPORT_BLOCKED");
    isBusy = false;
    await clock.advance(60_000);
    expect(heard).toEqual(["server-busy", "unblocked"]);
    expect(engine.health().problems).toEqual([]);
  });

  it("keeps the order where answers for later batches come first", async () => {
    const transport = new FakeTransport();
    const { engine, clock } = bench({ transport, batchSize: 1 });
    const sent = messages(3);
    for (const one of sent) engine.offer(one);
    await clock.advance(500);
    const { connection } = transport;
    connection.decide(refusal());
    for (const index of [2, 1, 0]) connection.tell(index);
    transport.onPublish = (to) => to.answer();
    await clock.advance(60_000);
    expect(transport.stored.map(({ messageId }) => messageId)).toEqual(
      sent.map(({ messageId }) => messageId),
    );
  });

  it("holds no event beyond its deliveryTimeout", async () => {
    const { engine, clock, failures } = bench({
      transport: busyBroker(() => true),
      deliveryTimeoutMs: 20_000,
    });
    engine.offer(message());
    await clock.advance(60_000);
    expect(failures.map(({ error }) => error.code)).toEqual(["DELIVERY_TIMEOUT"]);
  });

  it("that ends the connection is asked at once on the next one", async () => {
    const transport = busyBroker(() => transport.connections.length < 2);
    const { engine, clock } = bench({ transport, random: () => 1, maxRetryBackoffMs: 3_600_000 });
    engine.offer(message());
    await clock.advance(30_000);
    transport.connection.die(new TransportError("unreachable", "gone"));
    await clock.advance(3000);
    expect(engine.stats().events_sent).toBe(1);
  });

  it("and deduplicates is asked again with a new number, which uses a try", async () => {
    const transport = new FakeTransport({ deduplication: true });
    transport.onPublish = (connection) => connection.answer(refusal());
    const { engine, clock, failures } = bench({ transport, maxRetries: 2 });
    engine.offer(message());
    await clock.advance(60_000);
    expect(failures).toMatchObject([{ attempts: 3 }]);
  });
});

it("an event that a broker will never have room for fails at once", async () => {
  const transport = new FakeTransport();
  const error = new TransportError("throttled", "larger than the quota", { permanent: true });
  transport.onPublish = (connection) => connection.answer({ kind: "refused", error });
  const { engine, clock, failures } = bench({ transport });
  engine.offer(message());
  await clock.advance(1000);
  expect(failures).toHaveLength(1);
});
