import { BODY, endOf, type Field, lengthOf, RECORD_HEAD, type RecordPlace } from "../buffer/record.js";
import type { DiskFile } from "./disk.js";
import { closeQuietly } from "./files.js";
import { ENTRY_HEAD, type Frame, isIntact } from "./frame.js";
import { EVENTS, type LeftFile, nameOf, type ReadableDisk } from "./left.js";
import { FrameScanner } from "./scanner.js";

/** An event that lies in a file, valid until more of it is read. */
export interface LeftEvent extends RecordPlace {
  /** When it was accepted, in milliseconds since 1970. */
  readonly acceptedAt: number;
}

/** What was found in a file that was read from its beginning to its end. */
export interface ReadCount {
  /** Events that are whole and not settled. */
  readonly readable: number;
  /** Events that are not settled and cannot be read. */
  readonly unreadable: number;
  /** Bytes at the end that are no whole frame: what was being written when the program was killed. */
  readonly cutBytes: number;
}

export const openEvents = (disk: ReadableDisk, { first }: Pick<LeftFile, "first">): DiskFile =>
  disk.open(nameOf(first) + EVENTS);

/**
 * Reads a file whose program has ended, or still writes it, and changes nothing: yields the events of a frame that are not
 * settled, frame by frame. Whatever the bytes are, nothing outside of them is read.
 *
 * @throws what the file system answers.
 */
export async function* readLeft(
  disk: ReadableDisk,
  left: LeftFile,
): AsyncGenerator<readonly LeftEvent[], ReadCount> {
  const { size, marks } = left;
  const file = openEvents(disk, left);
  try {
    const scanner = new FrameScanner(file);
    let [seen, whole, readable, skipped] = [0, 0, 0, 0];
    for (let frame = scanner.next(size); frame !== undefined; frame = scanner.next(size)) {
      if (frame === "read") {
        await scanner.readLater(size);
        continue;
      }
      skipped = scanner.skipped;
      seen = frame.before + frame.count;
      const entries = entriesIn(scanner.memory, frame);
      if (entries === undefined) continue;
      whole += entries.length;
      const open = entries.filter(({ index }) => !marks.isSettled(index));
      readable += open.length;
      if (open.length > 0) yield open;
    }
    // Of those that cannot be read, some may have been settled.
    const settledUnseen = Math.max(0, marks.count - (whole - readable));
    return {
      readable,
      unreadable: Math.max(0, seen - whole - settledUnseen),
      cutBytes: scanner.skipped - skipped,
    };
  } finally {
    closeQuietly(file);
  }
}

interface Entry extends LeftEvent {
  readonly index: number;
}

/** The entries of a frame; `undefined` if they are not as they were written. */
function entriesIn(memory: Omit<RecordPlace, "record">, frame: Frame): Entry[] | undefined {
  const { source } = memory;
  const { from, to, count } = frame;
  if (!isIntact(source, frame)) return undefined;
  const entries: Entry[] = [];
  for (let at = from; at < to; ) {
    const place = { ...memory, record: at + ENTRY_HEAD };
    if (!isWhole(place, to)) return undefined;
    entries.push({ ...place, index: source.readDoubleLE(at), acceptedAt: source.readDoubleLE(at + 16) });
    at = place.record + lengthOf(place);
  }
  return entries.length === count ? entries : undefined;
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
