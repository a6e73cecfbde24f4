import { partitionOf } from "@streamll/core/internal";
import { describe, expect, it } from "vitest";
import { bench, message, messages } from "./bench.js";
import { FakeTransport, nack, unreachable } from "./fake-transport.js";

const deduplicating = (partitions = 1) => new FakeTransport({ deduplication: true }, partitions);

const of = (correlationId: string) => ({ correlationId });

describe("a broker that partitions", () => {
  it("gets each execution on the lane of its partition, whatever the pool", async () => {
    const transport = deduplicating(3);
    const { engine, clock } = bench({ transport, connectionPoolSize: 1, batchSize: 1 });
    const executions = ["invoice-1", "x", "", "naïve", "benchmark-7"];
    for (let round = 0; round < 2; round++) {
      for (const id of executions) engine.offer(message(of(id)));
      await clock.advance(0);
      for (const connection of transport.live) connection.answer();
      await clock.advance(0);
    }
    expect(transport.stored).toHaveLength(10);
    for (const { message: one, connection } of transport.written)
      expect(connection.lane).toBe(partitionOf(one.correlationId, 3));
  });

  it("holds back only the events of a partition that cannot be reached", async () => {
    const transport = deduplicating(2);
    const { engine, clock } = bench({ transport, batchSize: 1 });
    const lanes = ["a", "b", "c", "d", "e"].map((id) => [id, partitionOf(id, 2)] as const);
    const away = lanes.find(([, lane]) => lane === 1)![0];
    const here = lanes.find(([, lane]) => lane === 0)![0];
    engine.offer(message(of(here)));
    await clock.advance(0);
    transport.refuseAll = unreachable();
    engine.offer(message(of(away)));
    await clock.advance(0);
    engine.offer(message(of(here)));
    await clock.advance(0);
    transport.connection.answer();
    expect(engine.stats()).toMatchObject({ events_sent: 2, events_buffered: 1 });
  });
});

describe("sequences of a broker that deduplicates", () => {
  it("begin above what it has from an earlier program", async () => {
    const transport = deduplicating();
    transport.highest.set(0, 41);
    const { engine, clock } = bench({ transport, batchSize: 2 });
    for (const one of messages(2)) engine.offer(one);
    await clock.advance(0);
    expect(transport.written.map(({ sequence }) => sequence)).toEqual([42, 43]);
    transport.connection.answer();
    expect(transport.stored).toHaveLength(2);
  });

  it("are the publisher's own where it gives them, gaps and all, also when they go again", async () => {
    const transport = deduplicating();
    const { engine, clock } = bench({ transport, batchSize: 3, retryBackoffMs: 0 });
    const receipts = [7, 8, 20].map((sequence) => engine.publish(message({ sequence })));
    await clock.advance(0);
    transport.connection.decide({ kind: "confirmed" }, 2);
    transport.connection.die(unreachable());
    await clock.advance(10);
    transport.connection.answer();
    await Promise.all(receipts);
    expect(transport.stored.map(({ sequence }) => sequence)).toEqual([7, 8, 20]);
    expect(await engine.lastSequence()).toBe(20);
  });

  it.each([
    ["falls", 5, "sequence 5 is not above 7"],
    ["stays", 7, "sequence 7 is not above 7"],
    ["is missing", 0, "the events before it had a sequence"],
    ["is no whole number", 8.5, "allowed is a whole number"],
  ])("refuse an event whose sequence %s: it would be confirmed and gone", async (_, sequence, why) => {
    const { engine } = bench({ transport: deduplicating() });
    engine.offer(message({ sequence: 7 }));
    await expect(engine.publish(message({ sequence }))).rejects.toMatchObject({
      code: "REJECTED",
      message: expect.stringContaining(why),
    });
    expect(engine.stats()).toMatchObject({ events_received: 1, events_rejected: 1 });
  });

  it("are not taken behind events that had none", async () => {
    const { engine } = bench({ transport: deduplicating() });
    engine.offer(message());
    await expect(engine.publish(message({ sequence: 1 }))).rejects.toMatchObject({ code: "REJECTED" });
  });

  it("push nothing out of a full buffer where they are not taken", async () => {
    const { engine } = bench({ transport: deduplicating(), maxBufferedEvents: 1, overflow: "drop-oldest" });
    engine.offer(message({ sequence: 7 }));
    expect(engine.offer(message({ sequence: 5 }))).toBe(false);
    expect(engine.stats()).toMatchObject({ events_dropped: 0, events_buffered: 1 });
  });

  it("of the publisher's own are not halved after an answer for all, and swallowed behind later ones", async () => {
    const transport = deduplicating();
    const { engine, clock } = bench({ transport, batchSize: 2, maxRetries: 0 });
    transport.onPublish = (connection) => {
      if (connection.batches.length === 1) connection.refuseShared(2);
      else connection.answer();
    };
    const published = [1, 2, 3, 4].map((sequence) => engine.publish(message({ sequence })));
    await clock.advance(60_000);
    const outcomes = await Promise.allSettled(published);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled", "fulfilled"]);
    expect(transport.stored.map(({ sequence }) => sequence)).toEqual([3, 4]);
  });

  it("of the publisher's own are not tried again behind later ones", async () => {
    const transport = deduplicating();
    const { engine, clock, failures } = bench({ transport, batchSize: 2 });
    engine.offer(message({ sequence: 1 }));
    engine.offer(message({ sequence: 2 }));
    await clock.advance(0);
    transport.connection.answer({ kind: "refused", error: nack() }, 1);
    transport.connection.answer();
    await clock.advance(10);
    expect(failures.map(({ error }) => error.code)).toEqual(["RETRIES_EXHAUSTED"]);
  });
});

describe("lastSequence()", () => {
  it("is the least over the partitions, and waits for all of them", async () => {
    const transport = deduplicating(3);
    for (const [lane, last] of [50, 30, 40].entries()) transport.highest.set(lane, last);
    transport.refusals = [unreachable()];
    const { engine, clock } = bench({ transport });
    const last = engine.lastSequence();
    await clock.advance(2000);
    expect(transport.live).toHaveLength(3);
    expect(await last).toBe(30);
  });

  it("rejects when the engine stops before every partition was there", async () => {
    const transport = deduplicating(2);
    transport.refuseAll = unreachable();
    const { engine, clock } = bench({ transport });
    const last = engine.lastSequence();
    const rejected = expect(last).rejects.toMatchObject({ code: "STOPPED" });
    await clock.advance(100);
    const stopped = engine.stop();
    await clock.advance(60_000);
    await stopped;
    await rejected;
  });
});
