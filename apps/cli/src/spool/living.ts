import { setTimeout as pause } from "node:timers/promises";
import { ownerAt, SILENCE_MS } from "@streamll/sink/internal";

/**
 * Folders whose programs live, and why each is left to its own. The lock of a folder answers on its own machine alone: of
 * others it is watched for a minute whether they sign their folders.
 *
 * @param waiting is told before that minute begins.
 */
export async function whoLives(
  folders: readonly string[],
  signal: AbortSignal,
  waiting: () => void,
): Promise<ReadonlyMap<string, string>> {
  const living = new Map<string, string>();
  const watched = new Map<string, number>();
  for (const folder of folders) {
    const { state, pid, signedAt } = await ownerAt(folder);
    const process = pid === undefined ? "its program" : `its program, process ${pid},`;
    if (state === "alive") living.set(folder, `${process} runs and delivers its events itself`);
    if (state !== "elsewhere") continue;
    if (Math.abs(Date.now() - signedAt) < SILENCE_MS) living.set(folder, elsewhere);
    else watched.set(folder, signedAt);
  }
  if (watched.size === 0) return living;
  waiting();
  await pause(SILENCE_MS, undefined, { signal }).catch(() => {});
  for (const [folder, before] of watched)
    if ((await ownerAt(folder)).signedAt !== before) living.set(folder, elsewhere);
  return living;
}

const elsewhere =
  "a program of another machine has signed it within a minute; if that has ended, or this machine was restarted, run this again in a minute";
