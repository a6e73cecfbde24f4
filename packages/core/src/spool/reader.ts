import type { RecordPlace } from "../buffer/record.js";
import type { DiskFile } from "./disk.js";
import { closeQuietly } from "./files.js";
import { ENTRY_HEAD } from "./frame.js";
import { EVENTS, type LeftFile, marksOf, nameOf, type ReadableDisk } from "./left.js";
import { openEntries, type ReadCount } from "./search.js";

/** An event that lies in a file, valid until more of it is read. */
export interface LeftEvent extends RecordPlace {
  /** When it was accepted, in milliseconds since 1970. */
  readonly acceptedAt: number;
}

export const openEvents = (disk: ReadableDisk, { first }: Pick<LeftFile, "first">): DiskFile =>
  disk.open(nameOf(first) + EVENTS);

/**
 * Reads a file as {@link openEntries} does, and changes nothing.
 *
 * @throws what the file system answers.
 */
export async function* readLeft(
  disk: ReadableDisk,
  left: LeftFile,
): AsyncGenerator<readonly LeftEvent[], ReadCount> {
  const file = openEvents(disk, left);
  try {
    const entries = openEntries(file, left.size, await marksOf(disk, left));
    for (;;) {
      const next = await entries.next();
      if (next.done) return next.value;
      const { memory, places } = next.value;
      yield places.map((at) => ({
        ...memory,
        record: at + ENTRY_HEAD,
        acceptedAt: memory.source.readDoubleLE(at + 16),
      }));
    }
  } finally {
    closeQuietly(file);
  }
}
