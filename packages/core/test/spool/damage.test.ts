import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { message } from "../delivery/bench.js";
import { FakeTransport } from "../delivery/fake-transport.js";
import { answering, idsOf, program } from "./bench.js";
import type { MemoryDisk } from "./memory-disk.js";

/** A disk on which a program has left its events, `turns` of them with as many events each, and nothing settled. */
async function diskWith(turns: number, each: number): Promise<{ disk: MemoryDisk; ids: string[][] }> {
  const { engine, clock, disk } = program();
  await engine.start();
  const ids: string[][] = [];
  for (let turn = 0; turn < turns; turn++) {
    const events = Array.from({ length: each }, (_, index) =>
      message({ correlationId: `run-${index % 2}`, bytes: 20 }),
    );
    for (const event of events) expect(engine.offer(event)).toBe(true);
    ids.push(events.map(({ messageId }) => messageId));
    await clock.advance(0);
  }
  return { disk: disk.copy(), ids };
}

/** What the next program delivers, and says of the disk. */
async function deliveredFrom(disk: MemoryDisk) {
  const transport = answering(new FakeTransport());
  const lines: string[] = [];
  const log = (_: object, line: string) => lines.push(line);
  const { engine, clock } = program({
    disk,
    transport,
    logger: { debug: log, info: log, warn: log, error: log },
  });
  await engine.start();
  const own = message({ correlationId: "own" });
  engine.offer(own);
  await clock.advance(1000);
  const ids = idsOf(transport);
  expect(ids).toContain(own.messageId);
  return { ids: ids.filter((id) => id !== own.messageId), lines, stats: engine.stats() };
}

const only = (disk: MemoryDisk): string => disk.eventFiles[0]!;

describe("a file of a program that was killed", () => {
  it("that is cut at any byte gives all that was whole before the cut", async () => {
    const { disk, ids } = await diskWith(2, 1);
    const name = only(disk);
    const whole = disk.files.get(name)!;
    let most = 0;
    for (let size = 0; size <= whole.length; size++) {
      const cut = disk.copy();
      cut.files.set(name, whole.subarray(0, size));
      const { ids: delivered, stats } = await deliveredFrom(cut);
      expect(ids.flat().slice(0, delivered.length)).toEqual(delivered);
      expect(delivered.length).toBeGreaterThanOrEqual(most);
      expect(stats.events_spool_lost).toBe(0);
      most = delivered.length;
    }
    expect(most).toBe(2);
  });

  it("of which any bit is flipped gives all events of the other turns, and counts the lost ones", async () => {
    const { disk, ids } = await diskWith(3, 2);
    const name = only(disk);
    const size = disk.files.get(name)!.length;
    await fc.assert(
      fc.asyncProperty(fc.nat(size * 8 - 1), async (bit) => {
        const damaged = disk.copy();
        damaged.files.get(name)![bit >> 3]! ^= 1 << (bit & 7);
        const { ids: delivered, stats, lines } = await deliveredFrom(damaged);
        const isWhole = ids.map((turn) => turn.every((id) => delivered.includes(id)));
        expect(isWhole.filter(Boolean)).toHaveLength(2);
        expect(delivered).toHaveLength(4);
        // A last frame that nothing follows may just as well be one that was being written.
        const isLast = isWhole[2] === false;
        if (!isLast) expect(stats.events_spool_lost).toBe(2);
        expect(lines.join()).toMatch(/cannot be read|no whole event/);
        if (stats.events_spool_lost > 0) expect([...damaged.files.keys()].join()).toContain(".bad");
      }),
      { numRuns: 150 },
    );
  }, 120_000);

  it("that is full of anything else does no harm", async () => {
    const { disk, ids } = await diskWith(1, 3);
    disk.files.set("0000000000000007.v1.events", Buffer.alloc(5000, 0xa5));
    disk.files.set("0000000000000007.v1.marks", Buffer.alloc(77, 0xa5));
    disk.files.set("0000000000000009.v2.events", Buffer.from("of a later version"));
    disk.files.set("readme.txt", Buffer.from("of somebody else"));
    const { ids: delivered } = await deliveredFrom(disk);
    expect(delivered.sort()).toEqual(ids.flat().sort());
    expect(disk.files.get("0000000000000009.v2.events")?.toString()).toBe("of a later version");
    expect(disk.files.has("readme.txt")).toBe(true);
  });

  it("that cannot be opened is left where it is, and the others are delivered", async () => {
    const { disk, ids } = await diskWith(1, 3);
    const unreadable = "0000000000000007.v1.events";
    disk.files.set(unreadable, Buffer.alloc(100));
    disk.fails = (call, name) => (call === "open" && name === unreadable ? "EIO" : undefined);
    const { ids: delivered, lines } = await deliveredFrom(disk);
    expect(delivered.sort()).toEqual(ids.flat().sort());
    expect(lines.join()).toContain("cannot be read");
    expect(disk.files.has(unreadable)).toBe(true);
  });

  it("whose marks are lost is delivered again, whole", async () => {
    const transport = new FakeTransport();
    const { engine, clock, disk } = program({ transport });
    await engine.start();
    const events = Array.from({ length: 10 }, () => message({ bytes: 20 }));
    for (const event of events) engine.offer(event);
    await clock.advance(100);
    transport.live[0]?.answer({ kind: "confirmed" }, 4);
    await clock.advance(10);
    const withMarks = await deliveredFrom(disk.copy());
    expect(withMarks.ids).toEqual(events.slice(4).map(({ messageId }) => messageId));
    const left = disk.copy();
    for (const name of left.files.keys()) if (name.endsWith(".marks")) left.files.delete(name);
    expect((await deliveredFrom(left)).ids).toEqual(events.map(({ messageId }) => messageId));
  });
});

it("a clock that is set back between two programs changes nothing", async () => {
  const { disk, ids } = await diskWith(1, 3);
  const later = 1_000_000_000_000 * 1000 * 8;
  const bytes = disk.files.get(only(disk))!;
  const ahead = disk.copy();
  ahead.files.clear();
  ahead.files.set(`${later}.v1.events`, bytes);
  const { ids: delivered } = await deliveredFrom(ahead);
  expect(delivered).toEqual(ids.flat());
});
