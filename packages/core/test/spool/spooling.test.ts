import { describe, expect, it } from "vitest";
import { message } from "../delivery/bench.js";
import { FakeTransport } from "../delivery/fake-transport.js";
import { answering, idsOf, program } from "./bench.js";

const small = { maxBufferedEvents: 10 };
const offerMany = (engine: ReturnType<typeof program>["engine"], count: number, from = 0) => {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    const one = message({ correlationId: `run-${(from + i) % 3}`, bytes: 40 });
    if (engine.offer(one)) ids.push(one.messageId);
  }
  return ids;
};

describe("a sink with a spool", () => {
  it("delivers what it accepts, and leaves no file behind", async () => {
    const { engine, clock, transport, disk } = program({ transport: answering() });
    const ids = offerMany(engine, 100);
    await clock.advance(100);
    expect(idsOf(transport).sort()).toEqual(ids.sort());
    expect(engine.stats()).toMatchObject({ events_sent: 100, events_spooled: 0 });
    const stopped = engine.stop();
    await clock.advance(1000);
    expect(await stopped).toMatchObject({ sent: 100, failed: 0, pending: 0, spooled: 0 });
    expect([...disk.files.keys()]).toEqual([]);
  });

  it("accepts more than fits into memory, and delivers it in order", async () => {
    const transport = new FakeTransport();
    const { engine, clock } = program({ transport, options: small });
    await engine.start();
    await clock.advance(10);
    const ids = offerMany(engine, 500);
    expect(ids).toHaveLength(500);
    expect(engine.health()).toMatchObject({ pending: 10, spooled: 490 });
    await clock.advance(10);
    answering(transport);
    for (const live of transport.live) live.answer();
    await clock.advance(2000);
    expect(idsOf(transport)).toEqual(ids);
    expect(engine.stats()).toMatchObject({ events_sent: 500, events_spooled: 0, events_received: 500 });
  });

  it("that is killed leaves its events to the next program, which sends them before its own, in order", async () => {
    const first = program({ options: small });
    await first.engine.start();
    const left = offerMany(first.engine, 300);
    await first.clock.advance(100);
    const transport = answering();
    const second = program({ disk: first.disk.copy(), transport, options: small });
    await second.engine.start();
    const own = offerMany(second.engine, 20);
    await second.clock.advance(2000);
    expect(idsOf(transport)).toEqual([...left, ...own]);
    expect(second.engine.stats()).toMatchObject({ events_received: 320, events_sent: 320 });
  });

  it("sends nothing again that was answered before it was killed", async () => {
    const transport = new FakeTransport();
    const first = program({ transport });
    const ids = offerMany(first.engine, 50);
    await first.clock.advance(100);
    transport.live[0]?.answer({ kind: "confirmed" }, 30);
    await first.clock.advance(10);
    const again = answering();
    const second = program({ disk: first.disk.copy(), transport: again });
    await second.engine.start();
    await second.clock.advance(1000);
    expect(idsOf(again).sort()).toEqual(ids.filter((id) => !idsOf(transport).includes(id)).sort());
    expect(again.stored).toHaveLength(20);
  });

  it("sends nothing again that was answered in the turn in which the process ends", async () => {
    const transport = new FakeTransport();
    const first = program({ transport });
    offerMany(first.engine, 50);
    await first.clock.advance(100);
    transport.live[0]?.answer();
    expect(first.clock.lastWords()).toEqual([]);
    const again = answering();
    const second = program({ disk: first.disk.copy(), transport: again });
    await second.engine.start();
    await second.clock.advance(1000);
    expect(first.engine.stats()).toMatchObject({ events_sent: 50 });
    expect(again.stored).toHaveLength(0);
  });

  it("leaves on the disk what cannot be delivered before it stops, as neither failed nor lost", async () => {
    const first = program({ options: { ...small, flushTimeoutMs: 1000 } });
    await first.engine.start();
    const waiting = first.engine
      .publish(message({ correlationId: "run-0", bytes: 40 }))
      .catch((error) => error.code);
    const ids = offerMany(first.engine, 99);
    const stopped = first.engine.stop();
    await first.clock.advance(3000);
    expect(await stopped).toMatchObject({ sent: 0, failed: 0, dropped: 0, pending: 0, spooled: 100 });
    expect(await waiting).toBe("SPOOLED_AT_STOP");
    const transport = answering();
    const second = program({ disk: first.disk, transport });
    await second.engine.start();
    await second.clock.advance(1000);
    expect(idsOf(transport).slice(1)).toEqual(ids);
    expect(transport.stored).toHaveLength(100);
  });

  it("flush() waits for what is on the disk alone", async () => {
    const transport = new FakeTransport();
    const { engine, clock } = program({ transport, options: { ...small, flushTimeoutMs: 5000 } });
    await engine.start();
    offerMany(engine, 100);
    await clock.advance(10);
    const early = engine.flush();
    await clock.advance(5000);
    expect(await early).toMatchObject({ sent: 0, pending: 10, spooled: 90 });
    const late = engine.flush();
    answering(transport);
    for (const live of transport.live) live.answer();
    await clock.advance(2000);
    expect(await late).toMatchObject({ sent: 100, pending: 0, spooled: 0 });
  });

  it("settles publish() of an event that waited on the disk", async () => {
    const transport = new FakeTransport();
    const { engine, clock } = program({ transport, options: small });
    await engine.start();
    offerMany(engine, 50);
    const receipt = engine.publish(message({ correlationId: "late", bytes: 40 }));
    answering(transport);
    await clock.advance(10);
    for (const live of transport.live) live.answer();
    await clock.advance(2000);
    expect(await receipt).toMatchObject({ confirmed: true, attempts: 1 });
  });

  it("writes the events of one turn at once", async () => {
    const { engine, clock, disk } = program();
    await engine.start();
    await clock.advance(10);
    disk.calls.length = 0;
    offerMany(engine, 50);
    expect(disk.calls).toEqual([]);
    await clock.advance(0);
    expect(disk.calls.filter((call) => call === "write")).toHaveLength(1);
  });
});

describe("a disk that takes nothing", () => {
  it.each(["ENOSPC", "EIO", "EROFS", "EDQUOT", "EMFILE"])(
    "refuses new events with %s, keeps those that were accepted, and takes events again later",
    async (code) => {
      const { engine, clock, disk, transport } = program();
      await engine.start();
      await clock.advance(10);
      disk.fails = (call) => (call === "write" || call === "create" ? code : undefined);
      const before = offerMany(engine, 5);
      await clock.advance(1);
      expect(offerMany(engine, 1)).toEqual([]);
      expect(engine.health().problems).toContainEqual(
        expect.objectContaining({ code: "SPOOL_UNWRITABLE", message: expect.stringContaining(code) }),
      );
      await expect(engine.spooled()).rejects.toMatchObject({ code: "SPOOL_UNWRITABLE" });
      disk.fails = () => undefined;
      await clock.advance(1100);
      await engine.spooled();
      const after = offerMany(engine, 5);
      answering(transport);
      for (const live of transport.live) live.answer();
      await clock.advance(1000);
      expect(idsOf(transport).sort()).toEqual([...before, ...after].sort());
      const unwritable = engine.health().problems.filter(({ code }) => code.startsWith("SPOOL"));
      expect(unwritable).toEqual([]);
    },
  );

  it("fails start() where it is required, and is done without where it is not", async () => {
    const open = async () => {
      throw Object.assign(new Error("EROFS: read-only"), { code: "EROFS" });
    };
    const required = program({ spool: { open } });
    await expect(required.engine.start()).rejects.toMatchObject({ code: "SPOOL_UNWRITABLE" });
    expect(required.engine.offer(message({ correlationId: "a" }))).toBe(false);

    const transport = answering();
    const { engine, clock } = program({ transport, spool: { open, required: false } });
    const ids = offerMany(engine, 3);
    await engine.start();
    ids.push(...offerMany(engine, 3));
    await clock.advance(1000);
    expect(idsOf(transport).sort()).toEqual(ids.sort());
    expect(engine.health().problems).toContainEqual(expect.objectContaining({ code: "SPOOL_UNWRITABLE" }));
  });

  it("that forgets what it was told to keep gets the unsettled events again, in a new file", async () => {
    const { engine, clock, disk } = program();
    await engine.start();
    await clock.advance(10);
    disk.fails = (call) => (call === "sync" ? "EIO" : undefined);
    disk.forgot = () => {};
    const ids = offerMany(engine, 20);
    await clock.advance(10);
    const [lost] = disk.eventFiles;
    await clock.advance(1000);
    disk.fails = () => undefined;
    await clock.advance(10);
    expect(disk.eventFiles).not.toEqual([lost]);
    const transport = answering();
    const second = program({ disk: disk.copy(), transport });
    await second.engine.start();
    await second.clock.advance(1000);
    expect(idsOf(transport).sort()).toEqual(ids.sort());
  });

  it("that takes a part of each write gets the rest", async () => {
    const { engine, clock, disk } = program();
    await engine.start();
    disk.takes = 7;
    const ids = offerMany(engine, 20);
    await clock.advance(10);
    const transport = answering();
    const second = program({ disk: disk.copy(), transport });
    await second.engine.start();
    await second.clock.advance(1000);
    expect(idsOf(transport)).toEqual(ids);
  });

  it("that is full refuses by overflow, and gives its room back as events are settled", async () => {
    const transport = new FakeTransport();
    const { engine, clock } = program({
      transport,
      options: { ...small, maxEventBytes: 1000 },
      spool: { maxBytes: 100_000 },
    });
    await engine.start();
    await clock.advance(10);
    const ids = offerMany(engine, 2000);
    expect(ids.length).toBeGreaterThan(200);
    expect(ids.length).toBeLessThan(1000);
    expect(engine.stats().bytes_spooled).toBeLessThanOrEqual(100_000);
    const ready = engine.ready();
    answering(transport);
    for (const live of transport.live) live.answer();
    await clock.advance(2000);
    await ready;
    expect(idsOf(transport)).toEqual(ids);
    expect(engine.stats()).toMatchObject({ events_rejected: 2000 - ids.length });
    expect(offerMany(engine, 200)).toHaveLength(200);
  });
});

describe("a slow disk", () => {
  it("is written to beside the program, which says how much is unwritten", async () => {
    const { engine, clock, disk } = program();
    await engine.start();
    await clock.advance(10);
    disk.hold = () => {
      clock.time += 50;
    };
    offerMany(engine, 10);
    await clock.advance(1);
    disk.hold = () => {
      throw new Error("the program is held");
    };
    let goOn = () => {};
    disk.delay = () => new Promise((resolve) => (goOn = resolve));
    offerMany(engine, 10);
    await clock.advance(1);
    expect(engine.health().problems).toContainEqual(
      expect.objectContaining({
        code: "SPOOL_SLOW",
        message: expect.stringContaining("bytes are written beside"),
      }),
    );
    const spooled = engine.spooled();
    disk.delay = () => undefined;
    goOn();
    await clock.advance(10);
    await spooled;
    const transport = answering();
    const second = program({ disk: disk.copy(), transport });
    await second.engine.start();
    await second.clock.advance(1000);
    expect(transport.stored).toHaveLength(20);
  });
});
