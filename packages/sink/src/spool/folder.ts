import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import type { SpoolFolder } from "@streamll/core/internal";
import type { Destination } from "./destination.js";
import { type Lock, takeLock } from "./lock.js";
import { nodeDisk } from "./node-disk.js";
import { disown, isFromBeforeRestart, own, ownerOf, SIGN_MS, sign, thisHost } from "./owner.js";

/** A folder that belongs to this program. */
export interface OwnFolder extends SpoolFolder {
  readonly publisherName: string;
}

export const FOLDER = /^w-[0-9a-f]{8}$/;

/** The folders in the directory of a spool: one for each program that has written there and not finished. */
export const foldersIn = (directory: string): string[] =>
  readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && FOLDER.test(entry.name))
    .map(({ name }) => join(directory, name));

/**
 * Takes a folder in which a program that has ended left events for the same destination, or makes one.
 *
 * @throws what the file system answers, for example that it is read-only.
 */
export async function openFolder(directory: string, destination?: Destination): Promise<OwnFolder> {
  makeDirectory(directory);
  for (const folder of foldersIn(directory)) {
    if (!isOfThisHost(folder) || !isFor(destination, folder)) continue;
    // One that cannot be used, such as another user's, stops no program: it makes its own.
    const taken = await takeFolder(folder, destination).catch(() => undefined);
    if (taken !== undefined) return taken;
  }
  for (;;) {
    const folder = join(directory, `w-${randomBytes(4).toString("hex")}`);
    mkdirSync(folder, { mode: 0o700 });
    const taken = await takeFolder(folder, destination);
    // Another program that looked for folders may have been quicker.
    if (taken !== undefined) return taken;
  }
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (!["EEXIST", "ENOTDIR"].includes(code)) throw error;
    throw new Error(`${path} is no directory (${code})`, { cause: error });
  }
}

/** Takes a folder; `undefined` if its owner lives, or it is gone. From then on it is one for `destination`. */
export async function takeFolder(folder: string, destination?: Destination): Promise<OwnFolder | undefined> {
  let lock: Lock | undefined;
  let publisherName: string;
  try {
    lock = await takeLock(folder);
    if (lock === undefined) return undefined;
    publisherName = own(folder, contentOf(folder) === "events", destination).publisherName;
  } catch (error) {
    if (lock !== undefined) await release(folder, lock);
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const held = lock;
  const timer = setInterval(() => sign(folder), SIGN_MS).unref();
  return {
    disk: nodeDisk(folder),
    path: folder,
    publisherName,
    release() {
      clearInterval(timer);
      return release(folder, held);
    },
  };
}

/**
 * Whether the lock of a folder tells if its owner lives: the owner was on this machine. One that has not signed yet may
 * be another machine's, unless there are events.
 */
export function isOfThisHost(folder: string): boolean {
  const owner = ownerOf(folder);
  if (owner === undefined) return contentOf(folder) === "events";
  return owner.host === thisHost() || isFromBeforeRestart(owner, folder);
}

/** Whether a sink of this destination may deliver what lies in a folder. */
export function isFor(destination: Destination | undefined, folder: string): boolean {
  const route = ownerOf(folder)?.destination?.route;
  return route === undefined || route === destination?.route || contentOf(folder) === "nothing";
}

/** What lies in a folder: a damaged file is `"kept"` for people, and `"nothing"` is of no use to anybody. */
export function contentOf(folder: string): "events" | "kept" | "nothing" | undefined {
  try {
    const names = readdirSync(folder).filter((name) => !/^(lock-\d+|owner\.json(\.new)?)$/.test(name));
    if (names.length === 0) return "nothing";
    return names.some((name) => name.endsWith(".events")) ? "events" : "kept";
  } catch {
    // It is gone, or belongs to another user.
    return undefined;
  }
}

/** Releases a folder, and removes one with nothing in it. */
async function release(folder: string, lock: Lock): Promise<void> {
  const isOfNoUse = contentOf(folder) === "nothing";
  if (isOfNoUse) disown(folder);
  // The lock removes its socket itself: a program that takes the folder from then on binds one of its own in it.
  await lock.release();
  if (!isOfNoUse) return;
  try {
    rmdirSync(folder);
  } catch {
    // Another program has taken it.
  }
}
