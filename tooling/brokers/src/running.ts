import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Description } from "./broker.js";
import { cacheFolder } from "./cache.js";
import { versionAt } from "./handshake.js";
import { type Release, tryLock } from "./lock.js";
import { urlOf } from "./node-data.js";
import type { Lease } from "./start.js";

const listFile = () => join(cacheFolder(), "brokers.json");

/** Makes the brokers known to other processes, until the answer is called. */
export function announce(all: readonly Description[]): () => void {
  writeFileSync(listFile(), JSON.stringify(all));
  return () => rmSync(listFile(), { force: true });
}

/** The brokers that were announced and still answer. */
export async function runningBrokers(): Promise<readonly Description[] | undefined> {
  try {
    const all = JSON.parse(readFileSync(listFile(), "utf8")) as Description[];
    for (const broker of all)
      if (!("node" in broker) || (await versionAt(urlOf(broker.node))) !== broker.version) return undefined;
    return all.length > 0 ? all : undefined;
  } catch {
    return undefined;
  }
}

/** The running brokers, for this process alone: one run's faults are not another's. */
export async function claimRunning(): Promise<Lease | undefined> {
  const all = await runningBrokers();
  const close = all && (await claim());
  return close && { all, close };
}

/** Gives how to let go of them, or nothing where someone else has them. */
export const claim = (): Promise<Release | undefined> => tryLock(join(cacheFolder(), "brokers.claim"));

/** To be the one that announces brokers. Gives how to let go of that, or nothing where another process does so. */
export const claimList = (): Promise<Release | undefined> => tryLock(join(cacheFolder(), "brokers.lock"));
