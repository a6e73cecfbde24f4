import type { Disk } from "./disk.js";
import { MARK_BYTES, Marks } from "./marks.js";

/** As much of a folder as who only looks at it needs. */
export type ReadableDisk = Pick<Disk, "list" | "open">;

/** A file of events that a program has left. */
export interface LeftFile {
  /** Its name: the index of its first event, or more. */
  readonly first: number;
  /** The bytes of events and of whole marks. */
  readonly size: number;
  readonly marksSize: number;
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
 * The files of events in a folder, oldest first.
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
      const marks = sizes.get(nameOf(first) + MARKS) ?? 0;
      // The next mark overwrites one that was cut.
      return { first, size: sizes.get(name)!, marksSize: marks - (marks % MARK_BYTES) };
    });
}

/** So much is read at once, in bytes: the event loop is not held by the marks of a long backlog. */
const MARKS_AT_ONCE = 1024 * MARK_BYTES;

/**
 * What the marks of a file say. Marks that cannot be read say nothing.
 *
 * @throws what the file system answers where too many files are open.
 */
export async function marksOf(disk: ReadableDisk, { first, marksSize }: LeftFile): Promise<Marks> {
  const marks = new Marks();
  if (marksSize === 0) return marks;
  try {
    const file = disk.open(nameOf(first) + MARKS);
    try {
      const bytes = Buffer.alloc(Math.min(MARKS_AT_ONCE, marksSize));
      for (let at = 0; at < marksSize; at += bytes.length)
        marks.add(bytes.subarray(0, await file.readLater(bytes, at)));
    } finally {
      file.close();
    }
  } catch (error) {
    // Its events may be sent twice.
    if (isOfTooManyFiles(error)) throw error;
  }
  return marks;
}

/** Whether the process, or the machine, has no room for another open file now. */
export function isOfTooManyFiles(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return code === "EMFILE" || code === "ENFILE";
}
