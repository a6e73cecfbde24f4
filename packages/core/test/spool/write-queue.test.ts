import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import type { DiskFile } from "../../src/spool/disk.js";
import type { SpoolFile } from "../../src/spool/files.js";
import { type Unwritten, WriteQueue } from "../../src/spool/write-queue.js";
import { FakeClock } from "../delivery/fake-clock.js";

const file = {} as SpoolFile;

/** A queue to a disk whose writes take as long as the test says. */
function queueToDisk() {
  const clock = new FakeClock();
  const marks: Unwritten[] = [];
  const took = { inProgram: 0, beside: 0 };
  const writes = { inProgram: 0, beside: 0 };
  /** Resolve when a write beside the program is done. */
  const beside: (() => void)[] = [];
  const disk: Pick<DiskFile, "write" | "writeLater"> = {
    write(bytes) {
      writes.inProgram++;
      clock.time += took.inProgram;
      return bytes.length;
    },
    async writeLater(bytes) {
      writes.beside++;
      await new Promise<void>((resolve) => beside.push(resolve));
      clock.time += took.beside;
      return bytes.length;
    },
  };
  const queue = new WriteQueue({
    clock,
    open: () => disk as DiskFile,
    wrote() {},
    marks: () => marks.shift(),
    changed() {},
  });
  return {
    clock,
    queue,
    marks,
    took,
    writes,
    push: (bytes: number) => queue.push({ file, at: 0, bytes: Buffer.alloc(bytes), lastIndex: 1, done: 0 }),
    /** All that is being written beside the program is done. */
    async besideIsDone() {
      while (beside.length > 0) {
        for (const done of beside.splice(0)) done();
        await setImmediate();
      }
    },
  };
}

type Bench = ReturnType<typeof queueToDisk>;

/** A first write that holds up the program, so that the rest is written beside it. */
function slowAtFirst({ queue, took, push }: Bench): void {
  took.inProgram = 15;
  push(100_000);
  queue.write();
  took.inProgram = 0;
}

/** Small frames in turns of their own: how many of them were written in the program. */
function writtenInProgram({ clock, queue, writes, push }: Bench, frames: number): number {
  const before = writes.inProgram;
  for (let turn = 0; turn < frames; turn++) {
    clock.time += 20;
    push(300);
    queue.write();
  }
  return writes.inProgram - before;
}

it("writes in the program again after writeNow() has overtaken what was being written beside it", async () => {
  const bench = queueToDisk();
  slowAtFirst(bench);
  expect(bench.writes.beside).toBe(1);
  bench.queue.writeNow();
  await bench.besideIsDone();
  expect(writtenInProgram(bench, 10)).toBe(10);
  expect(bench.queue.isSlow).toBe(false);
});

it("calls a disk fast again once nothing has to be written beside the program", async () => {
  const bench = queueToDisk();
  slowAtFirst(bench);
  bench.took.beside = 6;
  await bench.besideIsDone();
  expect(bench.queue.isSlow).toBe(true);
  expect(writtenInProgram(bench, 10)).toBe(10);
  expect(bench.queue.isSlow).toBe(false);
});

it("does not take a disk for slow since a few bytes of marks took a moment", () => {
  const bench = queueToDisk();
  bench.took.inProgram = 3;
  bench.marks.push({ file, at: 0, bytes: Buffer.alloc(24), done: 0 });
  bench.queue.write();
  bench.took.inProgram = 0;
  expect(writtenInProgram(bench, 10)).toBe(10);
});
