import { type LeftEvent, type LeftFile, leftFiles, readLeft } from "@streamll/core/internal";
import { readOnlyDisk } from "@streamll/sink/internal";
import { codeOf } from "../named-file.js";

/** What was read of one file. */
export interface ReadFile {
  readonly folder: string;
  /** 0: of the folder itself. */
  readonly file: number;
  readonly readable: number;
  readonly unreadable: number;
  readonly cutBytes: number;
  /** Why it could not be read to its end. */
  readonly error?: string;
}

/** The files of some folders, and how large they are together. */
export interface Reading {
  readonly bytes: number;
  /** Of the files that were read so far. */
  done: number;
  readonly files: readonly { readonly folder: string; readonly file: LeftFile }[];
  /** Folders that cannot be read, such as another user's. */
  readonly failed: readonly ReadFile[];
}

/** A folder that is gone is none: its program has delivered what was in it. */
export function readingOf(folders: readonly string[]): Reading {
  const failed: ReadFile[] = [];
  const files = folders.flatMap((folder) => {
    try {
      return leftFiles(readOnlyDisk(folder)).map((file) => ({ folder, file }));
    } catch (error) {
      const code = codeOf(error);
      if (code !== "ENOENT") failed.push({ folder, file: 0, ...nothing, error: code });
      return [];
    }
  });
  return { files, failed, bytes: files.reduce((sum, { file }) => sum + file.size, 0), done: 0 };
}

const nothing = { readable: 0, unreadable: 0, cutBytes: 0 } as const;

/** Yields the events of all files that are not settled, and tells of each file what was read. Ends early on `signal`. */
export async function* eventsOf(
  reading: Reading,
  signal: AbortSignal,
  told: (read: ReadFile) => void,
): AsyncGenerator<readonly LeftEvent[]> {
  for (const one of reading.failed) told(one);
  for (const { folder, file } of reading.files) {
    const name = { folder, file: file.first };
    try {
      const events = readLeft(readOnlyDisk(folder), file);
      for (let next = await events.next(); !signal.aborted; next = await events.next()) {
        if (next.done) {
          told({ ...name, ...next.value });
          break;
        }
        yield next.value;
      }
    } catch (error) {
      const code = codeOf(error);
      // Its program has delivered what was in it.
      if (code !== "ENOENT") told({ ...name, ...nothing, error: code });
    }
    reading.done += file.size;
    if (signal.aborted) return;
  }
}
