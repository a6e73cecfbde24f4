import { BODY, endOf, type Field, lengthOf, RECORD_HEAD, type RecordPlace } from "../buffer/record.js";
import type { DiskFile } from "./disk.js";
import { ENTRY_HEAD, type Frame, isIntact } from "./frame.js";
import type { Marks } from "./marks.js";
import { FrameScanner } from "./scanner.js";

/** What was found in a file that was read from its beginning to its end. */
export interface ReadCount {
  /** Events that are whole and not settled. */
  readonly readable: number;
  /** Events that are not settled and cannot be read. */
  readonly unreadable: number;
  /** Bytes at the end that are no whole frame: what was being written when the power went, or the program. */
  readonly cutBytes: number;
}

type Memory = Omit<RecordPlace, "record">;

/** Events of a frame, valid until more is read. */
export interface OpenEntries {
  readonly memory: Memory;
  /** Where their entries begin. */
  readonly places: readonly number[];
}

/**
 * Reads a file whose program has ended, or still writes it: yields the events of a frame that are not settled, frame by
 * frame. Whatever the bytes are, nothing outside of them is read.
 */
export async function* openEntries(
  file: DiskFile,
  size: number,
  marks: Marks,
): AsyncGenerator<OpenEntries, ReadCount> {
  const scanner = new FrameScanner(file);
  let [seen, whole, readable, skipped] = [0, 0, 0, 0];
  for (let frame = scanner.next(size); frame !== undefined; frame = scanner.next(size)) {
    if (frame === "read") {
      await scanner.readLater(size);
      continue;
    }
    skipped = scanner.skipped;
    seen = frame.before + frame.count;
    const { memory } = scanner;
    const entries = entriesIn(memory, frame);
    whole += entries.length;
    const places = entries.filter((at) => !marks.isSettled(memory.source.readDoubleLE(at)));
    readable += places.length;
    if (places.length > 0) yield { memory, places };
  }
  // Of those that cannot be read, some may have been settled.
  const settledUnseen = Math.max(0, marks.count - (whole - readable));
  return {
    readable,
    unreadable: Math.max(0, seen - whole - settledUnseen),
    cutBytes: scanner.skipped - skipped,
  };
}

/** Counts what {@link openEntries} yields. */
export async function searchFile(file: DiskFile, size: number, marks: Marks): Promise<ReadCount> {
  const entries = openEntries(file, size, marks);
  for (;;) {
    const next = await entries.next();
    if (next.done) return next.value;
  }
}

/** Where the entries of a frame begin; none if they are not as they were written. */
function entriesIn(memory: Memory, frame: Frame): number[] {
  if (!isIntact(memory.source, frame)) return [];
  const entries: number[] = [];
  const place = { ...memory, record: 0 };
  for (let at = frame.from; at < frame.to; at = place.record + lengthOf(place)) {
    place.record = at + ENTRY_HEAD;
    if (!isWhole(place, frame.to)) return [];
    entries.push(at);
  }
  return entries.length === frame.count ? entries : [];
}

/** Whether a record ends before `to`, and each of its fields behind the one before it. */
function isWhole(place: RecordPlace, to: number): boolean {
  if (place.record + RECORD_HEAD > to) return false;
  const end = place.record + lengthOf(place);
  let last = place.record + RECORD_HEAD;
  for (let field = 0; field <= BODY; field++) {
    const next = endOf(place, field as Field);
    if (next < last) return false;
    last = next;
  }
  return last <= end && end <= to && lengthOf(place) % 4 === 0;
}
