import { describe, expect, it } from "vitest";
import { bench, message, messages } from "./bench.js";
import { FakeTransport, unreachable } from "./fake-transport.js";

describe("while somebody flushes, the pauses between connections grow", () => {
  const often = { retryBackoffMs: 50, flushTimeoutMs: 20_000 };

  it.each(["ends unproven", "is refused"] as const)("where each of them %s", async (fault) => {
    const transport = new FakeTransport();
    let attempts = 0;
    transport.delay = () => {
      attempts++;
      return undefined;
    };
    if (fault === "is refused") transport.refuseAll = unreachable();
    transport.onPublish = (connection) => connection.die(unreachable());
    const { engine, clock } = bench({ transport, ...often });
    engine.offer(message());
    void engine.flush();
    await clock.advance(10_000);
    expect(attempts).toBeGreaterThan(5);
    expect(attempts).toBeLessThan(30);
  });

  it("and leave time to deliver what is there once the broker is back", async () => {
    const { engine, transport, clock } = bench({ retryBackoffMs: 1000, flushTimeoutMs: 20_000 });
    transport.refuseAll = unreachable();
    engine.offer(message());
    await clock.advance(300_000);
    const flushed = engine.flush();
    await clock.advance(15_000);
    transport.refuseAll = undefined;
    transport.onPublish = (connection) => connection.answer();
    await clock.advance(2000);
    expect(await flushed).toMatchObject({ sent: 1, pending: 0 });
  });
});

describe("a line that is dead", () => {
  /** The first connection takes bytes, and never answers. */
  function deadLine() {
    const transport = new FakeTransport();
    transport.onPublish = (connection) => {
      if (connection === transport.connections[0]) connection.drained += 100;
      else connection.answer();
    };
    return transport;
  }

  it.each(["flush", "stop"] as const)("is noticed by %s() in time to deliver by another", async (method) => {
    const { engine, clock } = bench({
      transport: deadLine(),
      flushTimeoutMs: 20_000,
      confirmTimeoutMs: 30_000,
    });
    await engine.start();
    await clock.advance(70_000);
    for (const one of messages(3)) engine.offer(one);
    const report = engine[method]();
    await clock.advance(20_000);
    expect(await report).toMatchObject({ sent: 3, pending: 0 });
  });

  it("is no slow one: a short flushTimeout ends no connection whose answer is on its way", async () => {
    const { engine, transport, clock } = bench({ flushTimeoutMs: 100 });
    engine.offer(message());
    for (let i = 0; i < 10; i++) {
      void engine.flush();
      await clock.advance(150);
    }
    transport.connection.answer();
    expect(transport.connections).toHaveLength(1);
    expect(engine.stats().events_sent).toBe(1);
  });

  it("has its whole confirmTimeout where nobody flushes, and no more than that where it is shorter", async () => {
    for (const [confirmTimeoutMs, least, most] of [
      [30_000, 30_000, 35_000],
      [1000, 1000, 1250],
    ] as const) {
      const { engine, transport, clock } = bench({ transport: deadLine(), confirmTimeoutMs });
      engine.offer(message());
      await clock.advance(200);
      const [connection] = transport.connections;
      await clock.advance(least - 200);
      expect(connection!.open).toBe(true);
      await clock.advance(most - least);
      expect(connection!.open).toBe(false);
    }
  });
});
