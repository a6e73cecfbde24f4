import { describe, expect, it } from "vitest";
import { type BenchOptions, bench, message, messages } from "./bench.js";
import { keepLines } from "./lines.js";

function logged(options: BenchOptions = {}) {
  const { logger, of } = keepLines();
  const fieldsOf = (name: string) => of(name).map(({ fields: { line: _, ...fields } }) => fields);
  return { ...bench({ maxBufferedEvents: 10, logger, ...options }), of, fieldsOf };
}

describe("an event that is not taken", () => {
  it("is in the report of stop(), and in that of the next flush() alone", async () => {
    const { engine, transport, clock } = logged();
    transport.onPublish = (connection) => connection.answer();
    for (const one of messages(15)) engine.offer(one);
    const first = engine.flush();
    await clock.advance(0);
    expect(await first).toMatchObject({ sent: 10, rejected: 5 });
    expect(await engine.flush()).toMatchObject({ rejected: 0 });
    engine.countRejected("INVALID_EVENT");
    expect(await engine.flush()).toMatchObject({ rejected: 1 });
    expect(await engine.stop()).toMatchObject({ sent: 10, failed: 0, rejected: 6 });
    expect(engine.stats().events_rejected).toBe(6);
  });

  it("is told of at once, and all of them as a count at stop()", async () => {
    const { engine, clock, fieldsOf, of } = logged({ flushTimeoutMs: 0 });
    for (const one of messages(15)) engine.offer(one);
    await clock.advance(0);
    expect(fieldsOf("rejected")).toEqual([{ code: "BUFFER_FULL", count: 5 }]);
    for (const one of messages(20)) engine.offer(one);
    const stopping = engine.stop();
    await clock.advance(1000);
    expect(await stopping).toMatchObject({ sent: 0, failed: 10, rejected: 25 });
    expect(fieldsOf("rejected").reduce((sum, { count }) => sum + Number(count), 0)).toBe(25);
    const failures = { BUFFER_FULL: 25, UNCONFIRMED_AT_STOP: 10 };
    expect(fieldsOf("events_lost")).toEqual([{ failed: 10, dropped: 0, rejected: 25, failures }]);
    expect(of("events_lost")[0]!.message).toBe(
      "35 events were lost: 25 not taken, 10 failed (BUFFER_FULL 25, UNCONFIRMED_AT_STOP 10)",
    );
  });

  it("is not told of where its program waits for room and offers it again", async () => {
    const { engine, transport, clock, fieldsOf } = logged();
    const sending = (async () => {
      for (const one of messages(40)) while (!engine.offer(one)) await engine.ready();
      return engine.stop();
    })();
    for (let round = 0; round < 8; round++) {
      await clock.advance(100);
      if (transport.live.length > 0) transport.connection.answer();
    }
    const report = await sending;
    expect(report).toMatchObject({ sent: 40, failed: 0 });
    expect(report.rejected).toBeGreaterThan(0);
    expect(fieldsOf("rejected")).toEqual([]);
    expect(fieldsOf("events_lost")).toEqual([]);
  });

  it("as the sink is stopped is counted when the process ends", async () => {
    const { engine, clock } = logged();
    await engine.stop();
    expect(clock.lastWords()).toEqual([]);
    for (const one of messages(3)) engine.offer(one);
    expect(clock.lastWords()).toEqual(["3 events were lost: 3 not taken (STOPPED 3)"]);
  });

  it("is counted when the program just ends, after the others were delivered", async () => {
    const { engine, transport, clock, fieldsOf } = logged();
    transport.onPublish = (connection) => connection.answer();
    for (const one of messages(15)) engine.offer(one);
    clock.exit();
    await clock.advance(1000);
    expect(fieldsOf("events_lost")).toEqual([]);
    clock.exit();
    const failures = { BUFFER_FULL: 5 };
    expect(fieldsOf("events_lost")).toEqual([{ failed: 0, dropped: 0, rejected: 5, failures }]);
    expect(clock.lastWords()).toEqual([]);
    await engine.stop();
    expect(fieldsOf("events_lost")).toHaveLength(1);
  });
});

describe("events that overflow drops", () => {
  it("are counted at stop(), and one that its caller withdrew is not", async () => {
    const { engine, clock, fieldsOf } = logged({ overflow: "drop-oldest", flushTimeoutMs: 0 });
    const controller = new AbortController();
    engine.publish(message(), { signal: controller.signal }).catch(() => {});
    controller.abort();
    for (const one of messages(14)) engine.offer(one);
    const stopping = engine.stop();
    await clock.advance(1000);
    await stopping;
    expect(fieldsOf("events_lost")).toMatchObject([{ dropped: 4, failed: 10, rejected: 0 }]);
  });
});

describe("a process that ends at once", () => {
  it("says how many events it leaves, those in flight too", async () => {
    const { engine, clock } = logged({ maxBufferedEvents: 100 });
    for (const one of messages(50)) engine.offer(one);
    await clock.advance(0);
    for (const one of messages(7)) engine.offer(one);
    expect(clock.lastWords()).toEqual([
      "the process ended before 57 events could be delivered (50 may have arrived). Await stop() of the sink before process.exit()",
    ]);
  });

  it("says nothing where everything was delivered, or no event ever came", async () => {
    const { engine, transport, clock } = logged();
    expect(clock.lastWords()).toEqual([]);
    transport.onPublish = (connection) => connection.answer();
    for (const one of messages(5)) engine.offer(one);
    await clock.advance(100);
    expect(engine.stats().events_sent).toBe(5);
    expect(clock.lastWords()).toEqual([]);
  });
});
