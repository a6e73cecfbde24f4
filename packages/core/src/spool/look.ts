import { closeQuietly } from "./files.js";
import { FRAME_HEAD, frameAt } from "./frame.js";
import { DAMAGED, type LeftFile, leftFiles, marksOf, type ReadableDisk } from "./left.js";
import type { Marks } from "./marks.js";
import { openEvents, readLeft } from "./reader.js";

/** What lies in a folder. */
export interface FolderContent {
  readonly files: number;
  /** Of all files, in bytes, damaged ones included. */
  readonly bytes: number;
  /** Events that are not settled, as the files say: some may turn out unreadable. */
  readonly events: number;
  /** When the oldest and the newest of them was accepted, in milliseconds since 1970. */
  readonly oldest: number | undefined;
  readonly newest: number | undefined;
  /** Files that were kept since a part of them could not be read. */
  readonly damagedFiles: number;
  /** Bytes at the ends of files that are no whole write. */
  readonly cutBytes: number;
}

/** So much of a file's end is searched for its last frame at first, in bytes. */
const END = 128 * 1024;
/** No frame is larger: a file without one in so many bytes is none of ours. */
const MOST = 256 * 1024 * 1024;

/**
 * Says what lies in a folder without reading all of it: the end of each file, and the first and the last file that have
 * events. Changes nothing, and may be asked while a program writes there.
 *
 * @throws what the file system answers.
 */
export async function lookInto(disk: ReadableDisk): Promise<FolderContent> {
  const listed = disk.list();
  const ends = await Promise.all(
    leftFiles(disk, listed).map(async (file) => ({
      file,
      ...endOfFile(disk, file, await marksOf(disk, file)),
    })),
  );
  const live = ends.filter(({ events }) => events > 0).map(({ file }) => file);
  const times = (
    await Promise.all([...new Set([live[0], live.at(-1)])].map((file) => timesOf(disk, file)))
  ).flat();
  return {
    files: ends.length,
    bytes: listed.reduce((sum, { size }) => sum + size, 0),
    events: ends.reduce((sum, { events }) => sum + events, 0),
    oldest: times.length === 0 ? undefined : Math.min(...times),
    newest: times.length === 0 ? undefined : Math.max(...times),
    damagedFiles: listed.filter(({ name }) => name.endsWith(DAMAGED)).length,
    cutBytes: ends.reduce((sum, { cutBytes }) => sum + cutBytes, 0),
  };
}

/** What the last frame of a file says of all of it. */
function endOfFile(disk: ReadableDisk, left: LeftFile, marks: Marks): { events: number; cutBytes: number } {
  const { size } = left;
  const file = openEvents(disk, left);
  try {
    for (let length = Math.min(END, size); ; length = Math.min(4 * length, size)) {
      const bytes = Buffer.alloc(length);
      // Frames begin where a word does.
      const from = (size - length) & ~3;
      const filled = file.read(bytes, from);
      for (let at = (filled - FRAME_HEAD) & ~3; at >= 0; at -= 4) {
        const frame = frameAt(bytes, at);
        if (frame === undefined || frame.to > filled) continue;
        const events = frame.before + frame.count - marks.count;
        return { events: Math.max(0, events), cutBytes: filled - frame.to };
      }
      if (length === size || length > MOST) return { events: 0, cutBytes: size };
    }
  } finally {
    closeQuietly(file);
  }
}

/** When the first and the last event of a file that are not settled were accepted. */
async function timesOf(disk: ReadableDisk, file: LeftFile | undefined): Promise<number[]> {
  if (file === undefined) return [];
  const times: number[] = [];
  for await (const events of readLeft(disk, file))
    for (const { acceptedAt } of [events[0]!, events.at(-1)!]) {
      times[0] ??= acceptedAt;
      times[1] = acceptedAt;
    }
  return times;
}
