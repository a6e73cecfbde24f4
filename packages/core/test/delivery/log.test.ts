import { describe, expect, it } from "vitest";
import { bench, message, messages } from "./bench.js";
import { FakeTransport, nack, unreachable } from "./fake-transport.js";
import { keepLines } from "./lines.js";

const tooLarge = { bytes: 100 };
const limits = { maxEventBytes: 50 };

describe("a burst of failures", () => {
  it("of 1,000 events is one line with their count", async () => {
    const { logger, lines } = keepLines();
    const { engine, clock } = bench({ ...limits, logger });
    await clock.advance(0);
    for (let i = 0; i < 1000; i++) engine.offer(message(tooLarge));
    await clock.advance(5000);
    expect(lines.filter(({ level }) => level !== "info")).toEqual([
      {
        level: "error",
        fields: { line: "failed", code: "EVENT_TOO_LARGE", count: 1000 },
        message:
          "failed: the event has 100 bytes, at most 50 are allowed (maxEventBytes) (1000 times in 1 s)",
      },
    ]);
    await engine.stop();
  });

  it("that goes on is a line a window, the windows grow to a minute, and each event is counted once", async () => {
    const { logger, of } = keepLines();
    const { engine, clock } = bench({ ...limits, logger });
    for (let second = 0; second < 300; second++) {
      engine.offer(message(tooLarge));
      await clock.advance(1000);
    }
    const counts = of("failed").map(({ fields }) => fields.count);
    expect(counts.slice(1, 6)).toEqual([10, 20, 40, 60, 60]);
    expect(counts.length).toBeLessThan(10);
    const stopping = engine.stop();
    await clock.advance(1000);
    await stopping;
    expect(of("failed").reduce((sum, { fields }) => sum + Number(fields.count), 0)).toBe(300);
  });

  it("is told at stop() where its window is not over", async () => {
    const { logger, of } = keepLines();
    const { engine, clock } = bench({ ...limits, logger });
    for (let i = 0; i < 7; i++) engine.offer(message(tooLarge));
    await engine.stop();
    expect(of("failed").map(({ fields }) => fields.count)).toEqual([7]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("is told when the program just ends", async () => {
    const { logger, of } = keepLines();
    const { engine, clock } = bench({ ...limits, logger });
    for (let i = 0; i < 7; i++) engine.offer(message(tooLarge));
    clock.exit();
    expect(of("failed").map(({ fields }) => fields.count)).toEqual([7]);
    await engine.stop();
  });

  it("is told by its kind: nacks that are tried again, those that failed for good, those that had no room", async () => {
    const { logger, lines } = keepLines();
    const { engine, clock, transport } = bench({ logger, maxBufferedEvents: 10, maxRetries: 1 });
    for (const one of messages(15)) engine.offer(one);
    transport.onPublish = (connection) => connection.answer({ kind: "refused", error: nack() });
    await clock.advance(10_000);
    const told = lines.filter(({ level }) => level !== "info");
    expect(told.map(({ level, fields }) => ({ level, ...fields }))).toEqual([
      { level: "warn", line: "rejected", code: "BUFFER_FULL", count: 5 },
      { level: "warn", line: "retried", code: "TRANSPORT_NACK", count: 10 },
      { level: "error", line: "failed", code: "RETRIES_EXHAUSTED", count: 10 },
    ]);
    await engine.stop();
  });
});

describe("connections", () => {
  it("that fail again and again are told at once, then counted", async () => {
    const { logger, of } = keepLines();
    const transport = new FakeTransport();
    transport.refuseAll = unreachable();
    const { engine, clock } = bench({ logger, transport, circuitBreaker: false, maxRetryBackoffMs: 100 });
    engine.offer(message());
    await clock.advance(0);
    expect(of("connect_failed").map(({ fields }) => fields)).toEqual([
      {
        line: "connect_failed",
        endpoint: "fake://one",
        lane: 0,
        code: "TRANSPORT_UNREACHABLE",
        count: 1,
      },
    ]);
    await clock.advance(9000);
    expect(of("connect_failed")).toHaveLength(1);
    await clock.advance(1500);
    const [, second] = of("connect_failed");
    expect(second?.message).toMatch(/^cannot connect: connection refused \(\d+ times in 10 s\)$/);
    expect(second?.fields.count).toBeGreaterThan(50);
    const stopping = engine.stop();
    await clock.advance(30_000);
    await stopping;
  });

  it("that come back after a quiet time are told at once again", async () => {
    const { logger, of } = keepLines();
    const { engine, clock, transport } = bench({ logger });
    void engine.start();
    await clock.advance(60_000);
    transport.connection.die(unreachable());
    await clock.advance(1000);
    expect(of("connected")).toHaveLength(2);
    expect(of("disconnected")).toHaveLength(1);
    await engine.stop();
  });
});

it("a stopped sink tells once of events that still come", async () => {
  const { logger, of } = keepLines();
  const { engine, clock } = bench({ logger });
  await engine.stop();
  for (const one of messages(100)) engine.offer(one);
  await clock.advance(0);
  for (const one of messages(100)) engine.offer(one);
  await clock.advance(0);
  expect(of("rejected").map(({ fields }) => fields)).toEqual([
    { line: "rejected", code: "STOPPED", count: 100 },
  ]);
  expect(clock.pendingTimers).toBe(0);
});

it("a logger that hands over what it is told as an event is told once", async () => {
  let calls = 0;
  const offer: { now?: () => void } = {};
  const again = () => {
    calls++;
    offer.now?.();
  };
  const { engine } = bench({ logger: { debug: again, info: again, warn: again, error: again } });
  await engine.stop();
  calls = 0;
  offer.now = () => engine.offer(message());
  engine.offer(message());
  expect(calls).toBeLessThan(3);
});
