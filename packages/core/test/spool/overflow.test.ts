import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { message } from "../delivery/bench.js";
import { FakeTransport } from "../delivery/fake-transport.js";
import { answering, idsOf, leftOn, offer, type Program, program, unanswered } from "./bench.js";
import { MemoryDisk } from "./memory-disk.js";

const overflow = { mode: "overflow" } as const;
const small = { maxBufferedEvents: 40, maxInFlight: 8 };
const overflowing = () => unanswered({ options: small, spool: overflow });

async function deliverAll({ transport, clock }: Program): Promise<void> {
  answering(transport);
  for (const live of transport.live) live.answer();
  await clock.advance(3000);
}

describe('a spool with mode: "overflow"', () => {
  it("touches no disk while the broker keeps up, from before start() to stop()", async () => {
    const { engine, clock, disk, transport } = program({ transport: answering(), spool: overflow });
    const one = { engine, clock, disk, transport };
    const ids = offer(one, 5);
    await engine.start();
    for (let turn = 0; turn < 20; turn++) {
      ids.push(...offer(one, 30));
      await clock.advance(10);
    }
    const stopped = engine.stop();
    await clock.advance(1000);
    expect(await stopped).toMatchObject({ sent: 605, spooled: 0 });
    expect(idsOf(transport)).toEqual(ids);
    expect(new Set(disk.calls)).toEqual(new Set(["list"]));
  });

  it("writes older events with each new one once half of memory is used, all of them before it is full", async () => {
    const one = await overflowing();
    const ids = offer(one, 20);
    await one.clock.advance(10);
    expect(one.disk.eventFiles).toEqual([]);
    ids.push(...offer(one, 1));
    await one.clock.advance(10);
    expect(await leftOn(one.disk)).toEqual(ids.slice(0, 4));
    ids.push(...offer(one, 8));
    await one.clock.advance(10);
    expect(one.engine.health()).toMatchObject({ pending: 29, spooled: 0 });
    expect(await leftOn(one.disk)).toEqual(ids);
  });

  it("accepts more than memory holds, keeps all of it through a kill, and delivers it in order", async () => {
    const one = await overflowing();
    const ids: string[] = [];
    for (let turn = 0; turn < 10; turn++) {
      ids.push(...offer(one, 50));
      await one.clock.advance(10);
    }
    expect(ids).toHaveLength(500);
    expect(one.engine.stats()).toMatchObject({ events_spooled: 460, events_dropped: 0, events_rejected: 0 });
    expect(one.engine.health().problems).toContainEqual(
      expect.objectContaining({
        code: "BUFFER_FULL",
        message: expect.stringContaining("what has no room waits in the spool"),
      }),
    );
    expect(await leftOn(one.disk)).toEqual(ids);
    await deliverAll(one);
    expect(idsOf(one.transport)).toEqual(ids);
    one.disk.calls.length = 0;
    offer(one, 10);
    await one.clock.advance(10);
    expect(one.disk.calls).not.toContain("write");
  });

  it.each([3, 30])("leaves %d events of memory on the disk when it stops, in order", async (count) => {
    const one = await unanswered({ options: { ...small, flushTimeoutMs: 1000 }, spool: overflow });
    const ids = offer(one, count);
    const stopped = one.engine.stop();
    await one.clock.advance(3000);
    expect(await stopped).toMatchObject({ sent: 0, failed: 0, spooled: count });
    const transport = answering();
    const next = program({ disk: one.disk, transport, spool: overflow });
    ids.push(...offer(next, 5));
    await next.engine.start();
    await next.clock.advance(1000);
    expect(idsOf(transport)).toEqual(ids);
    expect(one.disk.eventFiles.length).toBeLessThanOrEqual(1);
  });

  it("writes memory when the process ends, and loses it when the process is killed", async () => {
    const one = await overflowing();
    const ids = offer(one, 10);
    await one.clock.advance(10);
    expect(await leftOn(one.disk)).toEqual([]);
    expect(one.clock.lastWords()).toEqual([]);
    expect(await leftOn(one.disk)).toEqual(ids);
  });

  it("writes memory for spooled()", async () => {
    const one = await overflowing();
    const ids = offer(one, 10);
    await one.engine.spooled();
    const later = offer(one, 5);
    await one.clock.advance(10);
    expect(await leftOn(one.disk)).toEqual(ids);
    const rest = offer(one, 15);
    await one.clock.advance(10);
    expect(await leftOn(one.disk)).toEqual([...ids, ...later, ...rest]);
  });

  it("writes what was accepted before the folder was open", async () => {
    const one = program({ options: small, spool: overflow });
    const ids = offer(one, 15);
    await one.engine.start();
    await one.clock.advance(10);
    expect(await leftOn(one.disk.copy())).toEqual([]);
    await one.engine.spooled();
    expect(await leftOn(one.disk)).toEqual(ids);
    ids.push(...offer(one, 50));
    await one.clock.advance(10);
    expect(await leftOn(one.disk)).toEqual(ids);
  });

  it("has room in ready() as long as the disk has", async () => {
    const options = { maxBufferedEvents: 2000, maxInFlight: 8 };
    const one = await unanswered({ options, spool: { ...overflow, maxBytes: 1024 * 1024 * 1024 } });
    let accepted = 0;
    for (; accepted < 3000; accepted++) {
      let isReady = false;
      void one.engine.ready().then(() => {
        isReady = true;
      });
      await one.clock.advance(1);
      if (!isReady || offer(one, 1).length === 0) break;
    }
    expect(accepted).toBe(3000);
    expect(one.engine.health()).toMatchObject({ pending: 2000, spooled: 1000 });
  });

  it("takes nothing once stop() has given up, though the folder opens after that", async () => {
    let open = (): void => {};
    const opening = new Promise<void>((resolve) => {
      open = resolve;
    });
    const disk = new MemoryDisk();
    const folder = { disk, path: "/spool/w-1", release: async () => {} };
    const one = program({
      options: { ...small, flushTimeoutMs: 100 },
      spool: { ...overflow, open: () => opening.then(() => folder) },
    });
    offer(one, 3);
    void one.engine.start();
    await one.clock.advance(10);
    // The folder opens while the connections close.
    for (const live of one.transport.live) {
      const close = live.close.bind(live);
      live.close = async () => {
        open();
        await setTimeout(20);
        await close();
      };
    }
    const stopped = one.engine.stop();
    await one.clock.advance(150);
    await setTimeout(60);
    await one.clock.advance(3000);
    expect(await stopped).toMatchObject({ failed: 3, pending: 0, spooled: 0 });
    expect(await leftOn(disk)).toEqual([]);
  });

  it("counts deliveryTimeout from the time of acceptance, not from that of writing", async () => {
    const one = await overflowing();
    offer(one, 3);
    await one.clock.advance(60_000);
    await one.engine.spooled();
    const next = program({ disk: one.disk.copy(), options: { deliveryTimeoutMs: 50_000 } });
    await next.engine.start();
    await next.clock.advance(2000);
    expect(next.engine.stats()).toMatchObject({ events_failed: 3 });
  });

  it("keeps the number by which a stream knows an event that was in memory alone", async () => {
    const base = 2 ** 52;
    const known = new FakeTransport({ deduplication: true });
    known.highest.set(0, base);
    const one = await unanswered({ transport: known, spool: overflow });
    const ids = offer(one, 4);
    await one.clock.advance(10);
    await one.engine.spooled();
    const transport = answering(new FakeTransport({ deduplication: true }));
    transport.highest.set(0, base + 2);
    const next = program({ disk: one.disk.copy(), transport });
    await next.engine.start();
    await next.clock.advance(1000);
    expect(idsOf(transport)).toEqual(ids.slice(2));
  });
});

describe('a disk that takes nothing, with mode: "overflow"', () => {
  const failing = async (options = {}) => {
    const one = await unanswered({ options: { ...small, ...options }, spool: overflow });
    one.disk.fails = (call) => (call === "write" || call === "create" ? "ENOSPC" : undefined);
    return one;
  };

  it.each(["reject", "drop-oldest"] as const)(
    'costs no event for which memory has room, and none that was accepted, with overflow: "%s"',
    async (policy) => {
      const one = await failing({ overflow: policy });
      const ids: string[] = [];
      for (let turn = 0; turn < 10; turn++) {
        ids.push(...offer(one, 5));
        await one.clock.advance(1);
      }
      expect(ids).toHaveLength(40);
      expect(one.engine.stats()).toMatchObject({ events_dropped: 0, events_rejected: 10 });
      expect(one.engine.health().problems).toContainEqual(
        expect.objectContaining({ code: "SPOOL_UNWRITABLE", message: expect.stringContaining("ENOSPC") }),
      );
      one.disk.fails = () => undefined;
      await one.clock.advance(1100);
      ids.push(...offer(one, 30));
      await one.clock.advance(10);
      expect(await leftOn(one.disk)).toEqual(ids);
      await deliverAll(one);
      expect(idsOf(one.transport)).toEqual(ids);
    },
  );

  it("fails at stop() what is in memory alone, and says so in spooled()", async () => {
    const one = await failing({ flushTimeoutMs: 1000 });
    offer(one, 3);
    await expect(one.engine.spooled()).rejects.toMatchObject({ code: "SPOOL_UNWRITABLE" });
    const stopped = one.engine.stop();
    await one.clock.advance(4000);
    expect(await stopped).toMatchObject({ failed: 3, spooled: 0 });
  });
});

it('a spool that is full has no room for what memory holds, and spooled() says so, with mode: "overflow"', async () => {
  const one = await unanswered({
    options: { maxBufferedEvents: 100 },
    spool: { ...overflow, maxBytes: 2000 },
  });
  for (let n = 0; n < 40; n++) one.engine.offer(message({ correlationId: "one", bytes: 100 }));
  await expect(one.engine.spooled()).rejects.toMatchObject({
    code: "SPOOL_UNWRITABLE",
    message: expect.stringContaining("raise spool.maxBytes"),
  });
  expect(one.engine.stats().bytes_spooled).toBeLessThanOrEqual(2000);
  await deliverAll(one);
  expect(one.engine.stats()).toMatchObject({ events_sent: 40 });
});

it("a disk that is full with a part of memory is not asked again in every turn", async () => {
  const one = await unanswered({ options: small, spool: { ...overflow, maxBytes: 3000 } });
  const ids = offer(one, 25);
  one.disk.fails = (call) => (call === "write" ? "ENOSPC" : undefined);
  await one.clock.advance(10);
  ids.push(...offer(one, 10));
  one.disk.fails = () => undefined;
  // Ends only once a turn has nothing to do.
  await one.clock.advance(2000);
  expect(one.engine.stats().bytes_spooled).toBeLessThanOrEqual(3000);
  await deliverAll(one);
  expect(idsOf(one.transport)).toEqual(ids);
});

it("the first event that goes to the disk alone comes there behind all of memory", async () => {
  const one = await unanswered({
    options: { maxBufferedBytes: 10_000, maxEventBytes: 10_000 },
    spool: overflow,
  });
  const ids = offer(one, 5);
  await one.clock.advance(10);
  expect(one.disk.eventFiles).toEqual([]);
  ids.push("large");
  one.engine.offer(message({ messageId: "large", body: "x".repeat(9800) }));
  expect(one.engine.stats()).toMatchObject({ events_spooled: 1 });
  await one.clock.advance(10);
  expect(await leftOn(one.disk)).toEqual(ids);
});

it("an event is refused for want of room on the disk only when that is full with what memory has", async () => {
  const size = { maxBufferedBytes: 100_000, maxEventBytes: 20_000, maxInFlight: 8 };
  const one = await unanswered({ options: size, spool: { ...overflow, maxBytes: 200_000 } });
  let accepted = 0;
  while (one.engine.offer(message({ correlationId: "one", bytes: 9000 }))) accepted++;
  await one.clock.advance(10);
  // The files take a little more than their events.
  expect(accepted).toBeGreaterThanOrEqual(20);
});

it.each(["overflow", "write-ahead"] as const)(
  "with mode %s the disk is given back once nothing happens",
  async (mode) => {
    const one = await unanswered({ options: small, spool: { mode } });
    const ids = offer(one, 100);
    await one.clock.advance(10);
    expect(one.disk.eventFiles).not.toEqual([]);
    await deliverAll(one);
    expect(idsOf(one.transport)).toEqual(ids);
    await one.clock.advance(2000);
    expect([...one.disk.files.keys()]).toEqual([]);
    expect(one.engine.stats()).toMatchObject({ bytes_spooled: 0 });
    const later = offer(one, 100);
    await one.clock.advance(3000);
    expect(idsOf(one.transport).slice(100)).toEqual(later);
  },
);
