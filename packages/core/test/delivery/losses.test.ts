import { TransportError } from "@streamll/core";
import { describe, expect, it } from "vitest";
import { type BenchOptions, bench, message, messages } from "./bench.js";
import { FakeTransport } from "./fake-transport.js";
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
      "the process ended before 57 events could be delivered (50 may have arrived). Await stop() of the sink before the process ends; stopOnSignals() does so after an exception",
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

describe("a sequence that the broker has already", () => {
  /** A broker that has 3 of the lane from an earlier program. */
  function restarted() {
    const transport = new FakeTransport({ deduplication: true });
    transport.highest.set(0, 3);
    transport.onPublish = (connection) => connection.answer();
    return logged({ transport, batchSize: 1 });
  }

  it("is a duplicate in the receipt and in stats(), and the log says it once", async () => {
    const { engine, transport, clock, fieldsOf } = restarted();
    const receipts = Promise.all([2, 3, 4].map((sequence) => engine.publish(message({ sequence }))));
    await clock.advance(100);
    expect((await receipts).map(({ duplicate }) => duplicate)).toEqual([true, true, undefined]);
    expect(engine.stats()).toMatchObject({ events_sent: 3, events_duplicate: 2 });
    expect(fieldsOf("duplicates")).toEqual([{ lane: 0, sequence: 2 }]);
    expect(transport.stored.map(({ sequence }) => sequence)).toEqual([4]);
  });

  it("stays one when its connection is lost, and what this program stored itself is none", async () => {
    const { engine, transport, clock } = restarted();
    // The broker stores, and its answer is lost with the connection.
    transport.onPublish = (connection) => {
      connection.decide({ kind: "confirmed" });
      if (transport.connections.length === 1) connection.die();
      else connection.answer();
    };
    const receipts = Promise.all([3, 4].map((sequence) => engine.publish(message({ sequence }))));
    await clock.advance(5000);
    expect(transport.connections).toHaveLength(2);
    expect((await receipts).map(({ duplicate }) => duplicate)).toEqual([true, undefined]);
    expect(engine.stats().events_duplicate).toBe(1);
  });
});

describe("a transport with deduplication", () => {
  it("that does not say what its broker has is refused: new events would be swallowed as old ones", async () => {
    class Silent extends FakeTransport {
      override lastSequence(): undefined {
        return undefined;
      }
    }
    const { engine, transport } = logged({ transport: new Silent({ deduplication: true }) });
    await expect(engine.start()).rejects.toMatchObject({
      code: "TRANSPORT_PROTOCOL",
      permanent: true,
      message: expect.stringMatching(/gives no lastSequence/),
    });
    expect(transport.live).toEqual([]);
    expect(await engine.stop()).toMatchObject({ sent: 0 });
  });
});

it("an event that is too large for the broker is not put to the dead-letter exchange", async () => {
  const { engine, transport, clock, failures } = logged({ deadLetter: "dlx", batchSize: 1 });
  const error = new TransportError("too-large", "larger than max_message_size", { permanent: true });
  transport.onPublish = (connection) => connection.answer({ kind: "refused", error });
  engine.offer(message());
  await clock.advance(1000);
  expect(failures).toMatchObject([{ error: { code: "EVENT_TOO_LARGE" }, attempts: 1 }]);
  expect(transport.written).toHaveLength(1);
  expect(engine.stats().events_dead_lettered).toBe(0);
});
