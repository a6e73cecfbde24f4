import { BODY, endOf, leftFiles, lookInto, readLeft, startOf } from "@streamll/core/internal";
import { describe, expect, it } from "vitest";
import { answering, offer, program, unanswered } from "./bench.js";
import type { MemoryDisk } from "./memory-disk.js";

const onlyEvents = (disk: MemoryDisk) => [...disk.files].filter(([name]) => name.endsWith(".events"));

/** Reads all that is left, and the counts of all files. */
async function readAll(disk: MemoryDisk) {
  const bodies: string[] = [];
  const total = { readable: 0, unreadable: 0, cutBytes: 0 };
  for (const file of leftFiles(disk)) {
    const events = readLeft(disk, file);
    for (let next = await events.next(); ; next = await events.next()) {
      if (next.done) {
        total.readable += next.value.readable;
        total.unreadable += next.value.unreadable;
        total.cutBytes += next.value.cutBytes;
        break;
      }
      for (const event of next.value)
        bodies.push(event.source.toString("utf8", startOf(event, BODY), endOf(event, BODY)));
    }
  }
  return { bodies, ...total };
}

describe("a look at what lies in a spool", () => {
  it("counts what is not settled, and changes nothing", async () => {
    const transport = answering();
    const first = await unanswered({ transport });
    offer(first, 300);
    await first.clock.advance(500);
    transport.onPublish = () => {};
    const before = Date.now();
    offer(first, 200);
    await first.clock.advance(1000);
    const { disk } = first;
    const as = [...disk.files].map(([name, bytes]) => [name, bytes.toString("hex")]);
    const seen = await lookInto(disk);
    expect(seen).toMatchObject({ events: 200, damagedFiles: 0, cutBytes: 0 });
    expect(seen.bytes).toBe([...disk.files.values()].reduce((sum, { length }) => sum + length, 0));
    expect(seen.oldest).toBeGreaterThanOrEqual(before);
    expect(seen.newest).toBeGreaterThanOrEqual(seen.oldest!);
    const { bodies, ...counts } = await readAll(disk);
    expect(bodies).toHaveLength(200);
    expect(counts).toEqual({ readable: 200, unreadable: 0, cutBytes: 0 });
    expect([...disk.files].map(([name, bytes]) => [name, bytes.toString("hex")])).toEqual(as);
    expect(disk.handles).toBe(onlyEvents(disk).length + 1);
  });

  it("sees events in several files, and one that is larger than the end of a file", async () => {
    const first = program({ spool: { maxBytes: 1024 * 1024 } });
    await first.engine.start();
    offer(first, 2000);
    await first.clock.advance(1000);
    expect(onlyEvents(first.disk).length).toBeGreaterThan(1);
    expect(await lookInto(first.disk)).toMatchObject({ events: 2000 });
    expect(await readAll(first.disk)).toMatchObject({ readable: 2000, unreadable: 0 });
  });

  it("says of each damaged byte that something cannot be read, and reads the rest", async () => {
    const first = await unanswered();
    for (let turn = 0; turn < 4; turn++) {
      offer(first, 5);
      await first.clock.advance(100);
    }
    const [[name, bytes]] = onlyEvents(first.disk) as [[string, Buffer]];
    for (let at = 0; at < bytes.length; at += 7) {
      const disk = first.disk.copy();
      disk.files.get(name)![at]! ^= 0x5a;
      const { readable, unreadable, cutBytes } = await readAll(disk);
      expect(readable, `byte ${at}`).toBe(15);
      // The last write is as one that was cut.
      expect(unreadable === 5 || cutBytes > 0, `byte ${at}`).toBe(true);
    }
    for (let end = 0; end < bytes.length; end += 13) {
      const disk = first.disk.copy();
      disk.files.set(name, bytes.subarray(0, end));
      const { readable, unreadable, cutBytes } = await readAll(disk);
      const seen = await lookInto(disk);
      expect([readable % 5, unreadable, seen.events, seen.cutBytes]).toEqual([0, 0, readable, cutBytes]);
    }
  });
});
