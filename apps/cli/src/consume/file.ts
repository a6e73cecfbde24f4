import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { told } from "@streamll/core/internal";
import { Failure, UsageError } from "../exit.js";
import { codeOf, unopened } from "../named-file.js";

const compressed = promisify(gzip);
/** Read at a time, from the end backwards, for the last whole line. */
const CHUNK_BYTES = 64 * 1024;
const LF = 0x0a;

/** A file that lines are added to: each call resolves when they are on the disk. */
export interface LineFile {
  add(lines: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a file of lines, or makes one. What a crash has cut off at its end was never acknowledged, and is taken away. A
 * name that ends in `.gz` has a file of gzip members, a member a call; it must not be there yet, since what is cut off
 * there cannot be told.
 *
 * @throws UsageError where it cannot be opened.
 */
export async function openLineFile(path: string): Promise<LineFile> {
  const isGzip = path.endsWith(".gz");
  const file = await opened(path, isGzip);
  try {
    if (!(await file.stat()).isFile())
      throw new UsageError(`${told(path)} is no file: without --out the events go to stdout`);
    if (!isGzip) await cutTornLine(file);
    await syncFolderOf(path);
  } catch (error) {
    await file.close();
    throw error instanceof UsageError ? error : unopened(path, error, "written");
  }
  return {
    async add(lines) {
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
      try {
        await file.appendFile(isGzip ? await compressed(bytes) : bytes);
        await file.datasync();
      } catch (error) {
        throw unwritable(path, error);
      }
    },
    close: () => file.close(),
  };
}

async function opened(path: string, isGzip: boolean): Promise<FileHandle> {
  try {
    return await open(path, isGzip ? "ax" : "a+");
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw unopened(path, error, "written");
    throw new UsageError(`${told(path)} is there already: name another file, or one without .gz`);
  }
}

const unwritable = (path: string, error: unknown) =>
  new Failure(`${told(path)} cannot be written (${codeOf(error)})`);

async function cutTornLine(file: FileHandle): Promise<void> {
  const { size } = await file.stat();
  const chunk = Buffer.alloc(CHUNK_BYTES);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const { bytesRead } = await file.read(chunk, 0, end - start, start);
    const at = chunk.subarray(0, bytesRead).lastIndexOf(LF);
    if (at >= 0) {
      const whole = start + at + 1;
      if (whole < size) await file.truncate(whole);
      return;
    }
    end = start;
  }
  if (size > 0) await file.truncate(0);
}

/** A new name is on the disk only when its folder is. */
async function syncFolderOf(path: string): Promise<void> {
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
