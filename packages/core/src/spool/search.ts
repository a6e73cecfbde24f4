import type { DiskFile } from "./disk.js";
import { endOfEntry, type Frame, isIntact } from "./frame.js";
import type { Marks } from "./marks.js";
import { FrameScanner } from "./scanner.js";

/** What was found in a file. */
export interface Found {
  /** Events that are whole and not settled. */
  readonly live: number;
  /** Events that were written and cannot be read. */
  readonly lost: number;
  /** Bytes at the end that are no whole frame: what was being written when the power went, or the program. */
  readonly cutBytes: number;
}

/** Reads a file of an earlier program from its beginning to its end. */
export async function searchFile(file: DiskFile, size: number, marks: Marks): Promise<Found> {
  const scanner = new FrameScanner(file);
  let live = 0;
  let lost = 0;
  let events = 0;
  let skipped = 0;
  for (let frame = scanner.next(size); frame !== undefined; frame = scanner.next(size)) {
    if (frame === "read") {
      await scanner.readLater(size);
      continue;
    }
    skipped = scanner.skipped;
    const { source } = scanner.memory;
    lost += frame.before - events;
    if (isIntact(source, frame)) {
      for (const at of entriesOf(source, frame)) {
        if (!marks.isSettled(source.readDoubleLE(at))) live++;
      }
    } else lost += frame.count;
    events = frame.before + frame.count;
  }
  return { live, lost, cutBytes: scanner.skipped - skipped };
}

/** Where the entries of an intact frame begin. */
export function* entriesOf(source: Buffer, { from, to }: Pick<Frame, "from" | "to">): Generator<number> {
  for (let at = from; at < to; at = endOfEntry(source, at)) yield at;
}
