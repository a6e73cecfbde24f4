import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { bench, message, messages } from "./bench.js";
import { FakeTransport, nack, unreachable } from "./fake-transport.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function answering(): FakeTransport {
  const transport = new FakeTransport();
  transport.onPublish = (connection) => connection.answer();
  return transport;
}

/** Node's warnings while `during` runs. */
async function warningsOf(during: () => Promise<unknown>): Promise<string[]> {
  const warnings: string[] = [];
  const heard = (warning: Error) => warnings.push(warning.name);
  process.on("warning", heard);
  await during();
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", heard);
  return warnings;
}

describe("ready()", () => {
  const small = { maxBufferedBytes: 1e6, maxEventBytes: 1000 };

  it("of a hundred who wait wakes as many as there is room for: none of their events is refused", async () => {
    const { engine, clock } = bench({ transport: answering(), maxBufferedEvents: 10, ...small });
    for (const one of messages(10)) engine.offer(one);
    const taken: boolean[] = [];
    const woken: number[] = [];
    for (let i = 0; i < 100; i++) {
      void engine.ready().then(() => {
        woken.push(i);
        taken.push(engine.offer(message()));
      });
    }
    await clock.advance(60_000);
    expect(taken).toEqual(Array(100).fill(true));
    expect(woken).toEqual(Array.from({ length: 100 }, (_, index) => index));
    expect(engine.stats()).toMatchObject({ events_sent: 110, events_rejected: 0 });
  });

  it("of a hundred who ask while there is room for ten lets ten go on at once", async () => {
    const { engine, transport, clock } = bench({ maxBufferedEvents: 10, ...small });
    transport.refuseAll = unreachable();
    const taken: boolean[] = [];
    for (let i = 0; i < 100; i++) void engine.ready().then(() => taken.push(engine.offer(message())));
    await clock.advance(0);
    expect(taken).toEqual(Array(10).fill(true));
    transport.refuseAll = undefined;
    transport.onPublish = (connection) => connection.answer();
    await clock.advance(60_000);
    expect(taken).toEqual(Array(100).fill(true));
  });

  it("counts bytes: each may come back with the largest event that is allowed", async () => {
    const { engine, clock } = bench({
      transport: answering(),
      maxBufferedBytes: 3500,
      maxEventBytes: 1000,
    });
    const taken: boolean[] = [];
    for (let i = 0; i < 20; i++)
      void engine.ready().then(() => taken.push(engine.offer(message({ bytes: 1000 }))));
    await clock.advance(60_000);
    expect(taken).toEqual(Array(20).fill(true));
  });

  it("wakes the others where those who were woken have nothing to send", async () => {
    const { engine, clock } = bench({ transport: answering(), maxBufferedEvents: 10, ...small });
    for (const one of messages(10)) engine.offer(one);
    let woken = 0;
    for (let i = 0; i < 100; i++) void engine.ready().then(() => woken++);
    await clock.advance(1000);
    expect(woken).toBe(100);
    await engine.stop();
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("start() with waitForBroker", () => {
  it.each([true, false])(
    "rejects when the sink is stopped before it is connected (pending: %s)",
    async (offered) => {
      const { engine, transport, clock } = bench({ waitForBroker: true });
      transport.refuseAll = unreachable();
      const started = engine.start().catch((error: unknown) => error);
      if (offered) engine.offer(message());
      await clock.advance(500);
      const stopped = engine.stop();
      await clock.advance(30_000);
      await stopped;
      expect(await started).toMatchObject({ code: "STOPPED" });
    },
  );

  it("resolves when it was connected before stop() was over", async () => {
    const { engine, clock } = bench({ waitForBroker: true });
    const started = engine.start();
    await clock.advance(0);
    await engine.stop();
    await expect(started).resolves.toBeUndefined();
  });
});

describe("publish() with a signal", () => {
  it("that a hundred of them share makes Node warn of no leak, and leaves no listener behind", async () => {
    const { engine, clock } = bench({ transport: answering() });
    const { signal } = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...given: Parameters<typeof addEventListener>) => {
      listeners++;
      addEventListener.apply(signal, given);
    };
    signal.removeEventListener = (...given: Parameters<typeof removeEventListener>) => {
      listeners--;
      removeEventListener.apply(signal, given);
    };
    const warnings = await warningsOf(async () => {
      const all = messages(100).map((one) => engine.publish(one, { signal }));
      expect(listeners).toBe(1);
      await clock.advance(1000);
      await Promise.all(all);
    });
    expect(warnings).toEqual([]);
    expect(listeners).toBe(0);
  });

  it("withdraws all that share it, and only those", async () => {
    const { engine, transport, clock } = bench();
    transport.refuseAll = unreachable();
    const controller = new AbortController();
    const all = messages(3).map((one) => engine.publish(one, { signal: controller.signal }));
    engine.offer(message());
    await clock.advance(0);
    controller.abort(new Error("enough"));
    for (const one of await Promise.allSettled(all))
      expect(one).toMatchObject({ status: "rejected", reason: { message: "enough" } });
    expect(engine.stats()).toMatchObject({ events_dropped: 3, events_buffered: 1 });
  });
});

it("stop() of many connections makes Node warn of no leak", async () => {
  const transport = new FakeTransport({}, 20);
  const { engine, clock } = bench({ transport });
  for (let i = 0; i < 200; i++) engine.offer(message({ correlationId: `run-${i}` }));
  transport.onPublish = (connection) => connection.answer();
  await clock.advance(1000);
  expect(transport.live.length).toBeGreaterThan(11);
  expect(await warningsOf(() => engine.stop())).toEqual([]);
});

describe("flush() in a loop", () => {
  it("keeps nothing of a call that is over, whatever is pending", async () => {
    const pause = { retryBackoffMs: 1e9, maxRetryBackoffMs: 1e9 };
    const { engine, transport, clock } = bench({ batchSize: 1, flushTimeoutMs: 1, ...pause });
    engine.offer(message());
    await clock.advance(0);
    transport.connection.answer({ kind: "refused", error: nack() });
    transport.onPublish = (connection) => connection.answer();
    const heapAfter = async (times: number) => {
      for (let i = 0; i < times; i++) {
        engine.offer(message());
        const flushed = Array.from({ length: 100 }, () => engine.flush());
        await clock.advance(1);
        for (const report of await Promise.all(flushed))
          expect(report).toMatchObject({ sent: 1, pending: 1 });
      }
      transport.forget();
      for (let i = 0; i < 2; i++) collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const heaps: number[] = [];
    for (let i = 0; i < 5; i++) heaps.push(await heapAfter(10));
    // What else happens in the process only adds to some of the rounds.
    const growths = heaps.slice(1).map((heap, index) => (heap - heaps[index]!) / 1000);
    expect(Math.min(...growths)).toBeLessThan(100);
  }, 60_000);

  it("reports to each call what was unsettled when it was made", async () => {
    const { engine, transport, clock } = bench({ batchSize: 1, flushTimeoutMs: 100 });
    engine.offer(message());
    await clock.advance(0);
    const early = engine.flush();
    const same = engine.flush();
    await clock.advance(100);
    expect([await early, await same]).toMatchObject([
      { sent: 0, pending: 1 },
      { sent: 0, pending: 1 },
    ]);
    for (const one of messages(2)) engine.offer(one);
    await clock.advance(0);
    const late = engine.flush();
    engine.offer(message());
    await clock.advance(0);
    transport.connection.answer({ kind: "confirmed" }, 3);
    await clock.advance(0);
    expect(await late).toMatchObject({ sent: 3, pending: 0 });
    expect(engine.pending).toBe(1);
  });
});
