import type { Disk } from "./disk.js";
import { MARK_BYTES, Marks } from "./marks.js";

/** As much of a folder as who only looks at it needs. */
export type ReadableDisk = Pick<Disk, "list" | "open">;

/** A file of events that a program has left, and what its marks say. */
export interface LeftFile {
  /** Its name: the index of its first event, or more. */
  readonly first: number;
  /** The bytes of events and of whole marks. */
  readonly size: number;
  readonly marksSize: number;
  readonly marks: Marks;
}

/** The version of the format is part of the name: another one is left alone. */
export const EVENTS = ".v1.events";
export const MARKS = ".v1.marks";
export const DAMAGED = ".v1.bad";

/** A file's name without its kind. */
export const nameOf = (first: number): string => String(first).padStart(16, "0");

const isEvents = (name: string): boolean =>
  /^\d{16}$/.test(name.slice(0, -EVENTS.length)) && name.endsWith(EVENTS);

/**
 * The files of events in a folder, oldest first. Marks that cannot be read say nothing.
 *
 * @param listed what the folder holds, where it was listed already.
 */
export function leftFiles(disk: ReadableDisk, listed = disk.list()): LeftFile[] {
  const sizes = new Map(listed.map(({ name, size }) => [name, size]));
  return [...sizes.keys()]
    .filter(isEvents)
    .sort()
    .map((name) => {
      const first = Number(name.slice(0, -EVENTS.length));
      return { first, size: sizes.get(name)!, ...marksOf(disk, nameOf(first) + MARKS, sizes) };
    });
}

function marksOf(
  disk: ReadableDisk,
  name: string,
  sizes: ReadonlyMap<string, number>,
): Pick<LeftFile, "marksSize" | "marks"> {
  const size = sizes.get(name) ?? 0;
  // The next mark overwrites one that was cut.
  const bytes = Buffer.alloc(size - (size % MARK_BYTES));
  let filled = 0;
  if (bytes.length > 0)
    try {
      const file = disk.open(name);
      try {
        filled = file.read(bytes, 0);
      } finally {
        file.close();
      }
    } catch {
      // Its events may be sent twice.
    }
  return { marksSize: bytes.length, marks: new Marks(bytes.subarray(0, filled)) };
}
