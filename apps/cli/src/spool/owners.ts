import { setTimeout as pause } from "node:timers/promises";
import { type FolderOwner, ownerAt, SILENCE_MS } from "@streamll/sink/internal";

/**
 * Whose each folder is. The lock of a folder answers on its own machine alone: others are watched for a minute whether they
 * are signed meanwhile.
 *
 * @param waiting is told before that minute begins.
 */
export async function ownersOf(
  folders: readonly string[],
  signal: AbortSignal,
  waiting: () => void,
): Promise<ReadonlyMap<string, FolderOwner>> {
  const owners = new Map<string, FolderOwner>();
  for (const folder of folders) owners.set(folder, await ownerAt(folder));
  if (![...owners.values()].some(isSilent)) return owners;
  waiting();
  await pause(SILENCE_MS, undefined, { signal }).catch(() => {});
  return owners;
}

const isSilent = ({ state, signedAt }: FolderOwner): boolean =>
  state === "elsewhere" && Math.abs(Date.now() - signedAt) >= SILENCE_MS;

/** Why a folder is left to its owner now, if it is: `seen` is what was seen of it at first. */
export async function whyNot(folder: string, seen: FolderOwner): Promise<string | undefined> {
  const { state, pid, signedAt } = await ownerAt(folder);
  const process = pid === undefined ? "its program" : `its program, process ${pid},`;
  if (state === "alive") return `${process} runs and delivers its events itself`;
  if (state === "elsewhere" && !(signedAt === seen.signedAt && isSilent(seen)))
    return "a program of another machine has signed it within a minute; if that has ended, or this machine was restarted, run this again in a minute";
  return undefined;
}
