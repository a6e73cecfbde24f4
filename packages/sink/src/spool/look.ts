import { statSync } from "node:fs";
import { basename } from "node:path";
import { type FolderContent, lookInto } from "@streamll/core/internal";
import { FOLDER, foldersIn, isOfThisHost } from "./folder.js";
import { isLocked } from "./lock.js";
import { readOnlyDisk } from "./node-disk.js";
import { ownerOf, signedAt } from "./owner.js";

/** A folder of a spool as it was found. */
export interface SeenFolder extends FolderContent {
  readonly path: string;
  readonly owner: FolderOwner;
  /** Where its last owner sent its events, if it said so. */
  readonly destination: string | undefined;
}

export interface FolderOwner {
  /** `alive`: its program runs. `ended`: on this machine. `elsewhere`: another machine's, or from before a restart of this one that cannot be told from it. */
  readonly state: "alive" | "ended" | "elsewhere";
  readonly pid: number | undefined;
  /** When it last signed the folder, in milliseconds since 1970; every ten seconds while it lives. */
  readonly signedAt: number;
}

/**
 * The folders of a spool's directory, or the one that is named itself.
 *
 * @throws what the file system answers.
 */
export function foldersAt(path: string): string[] {
  if (FOLDER.test(basename(path)) && statSync(path).isDirectory()) return [path];
  return foldersIn(path).sort();
}

/** Who owns a folder. Nothing is taken or changed. */
export async function ownerAt(folder: string): Promise<FolderOwner> {
  const state = !isOfThisHost(folder) ? "elsewhere" : (await isLocked(folder)) ? "alive" : "ended";
  return { state, pid: ownerOf(folder)?.pid, signedAt: signedAt(folder) };
}

/** What lies in a folder, and whose it is. @throws what the file system answers. */
export async function lookAtFolder(path: string): Promise<SeenFolder> {
  const owner = await ownerAt(path);
  const destination = ownerOf(path)?.destination?.text;
  return { path, owner, destination, ...(await lookInto(readOnlyDisk(path))) };
}
