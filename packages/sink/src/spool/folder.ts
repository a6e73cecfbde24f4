import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { SpoolFolder } from "@streamll/core/internal";
import { type Lock, takeLock } from "./lock.js";
import { nodeDisk } from "./node-disk.js";
import { own, ownerOf, SIGN_MS, sign, thisHost } from "./owner.js";

/** A folder that belongs to this program. */
export interface OwnFolder extends SpoolFolder {
  readonly publisherName: string;
}

const FOLDER = /^w-[0-9a-f]{8}$/;

/** The folders in the directory of a spool: one for each program that has written there and not finished. */
export const foldersIn = (directory: string): string[] =>
  readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && FOLDER.test(entry.name))
    .map(({ name }) => join(directory, name));

/**
 * Takes a folder in which a program that has ended left events, or makes one.
 *
 * @throws what the file system answers, for example that it is read-only.
 */
export async function openFolder(directory: string): Promise<OwnFolder> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const folder of foldersIn(directory)) {
    if (!isOfThisHost(folder)) continue;
    const taken = await takeFolder(folder);
    if (taken !== undefined) return taken;
  }
  for (;;) {
    const folder = join(directory, `w-${randomBytes(4).toString("hex")}`);
    mkdirSync(folder, { mode: 0o700 });
    const taken = await takeFolder(folder);
    // Another program that looked for folders may have been quicker.
    if (taken !== undefined) return taken;
  }
}

/** Takes a folder; `undefined` if its owner lives, or it is gone. */
export async function takeFolder(folder: string): Promise<OwnFolder | undefined> {
  let lock: Lock | undefined;
  try {
    lock = await takeLock(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  if (lock === undefined) return undefined;
  const { publisherName } = own(folder);
  const timer = setInterval(() => sign(folder), SIGN_MS).unref();
  return {
    disk: nodeDisk(folder),
    path: folder,
    publisherName,
    async release() {
      clearInterval(timer);
      removeIfEmpty(folder);
      await lock.release();
    },
  };
}

/**
 * Whether the lock of a folder tells if its owner lives: the owner was on this machine. One that has not signed yet may
 * be another machine's, unless there are events.
 */
export function isOfThisHost(folder: string): boolean {
  const owner = ownerOf(folder);
  if (owner !== undefined) return owner.host === thisHost();
  return readdirSync(folder).some((name) => name.endsWith(".events"));
}

/** A folder without events says nothing to anybody. */
function removeIfEmpty(folder: string): void {
  try {
    const isEmpty = readdirSync(folder).every((name) => /^(lock-\d+|owner\.json(\.new)?)$/.test(name));
    if (isEmpty) rmSync(folder, { recursive: true, force: true });
  } catch {
    // The next program finds it empty, and uses it.
  }
}
