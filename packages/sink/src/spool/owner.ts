import { randomUUID } from "node:crypto";
import { readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, uptime } from "node:os";
import { join } from "node:path";
import { type Destination, isDestination } from "./destination.js";

/** What a folder says of the program that writes it. */
export interface Owner {
  /** The machine, since it started: a socket answers only there. */
  readonly host: string;
  /** The machine, whenever it started, if it has a name. */
  readonly machine?: string | undefined;
  /** The name under which a stream knows the events of the folder. */
  readonly publisherName: string;
  /** The number of the folder in its file system: a copy has another one. */
  readonly inode: number;
  readonly destination?: Destination | undefined;
  /** For people: its process on that machine. */
  readonly pid?: number | undefined;
}

const FILE = "owner.json";
const TEMPORARY = `${FILE}.new`;
/** How often an owner shows other machines that it lives. */
export const SIGN_MS = 10_000;

/** Containers of one machine share it, and so can reach each other's sockets; those of others cannot. */
export const thisHost = (): string => {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return hostname();
  }
};

/** The machine across restarts; `undefined` where nothing tells it from others, as in most containers. */
export function thisMachine(file = "/etc/machine-id"): string | undefined {
  try {
    const id = readFileSync(file, "utf8").trim();
    return /^[0-9a-f]{32}$/.test(id) ? `${id} ${hostname()}` : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether the owner of a folder was a program of this machine, before that was started anew. An image can have its machine's
 * name from another one: a folder that was signed since is not believed to be this machine's.
 */
export const isFromBeforeRestart = ({ machine }: Owner, folder: string, here = thisMachine()): boolean =>
  machine !== undefined && machine === here && signedAt(folder) < Date.now() - uptime() * 1000;

/** `undefined` if the folder does not say. */
export function ownerOf(folder: string): Owner | undefined {
  try {
    const given = JSON.parse(readFileSync(join(folder, FILE), "utf8")) as Partial<Owner>;
    const { host, machine, publisherName, inode, pid, destination } = given;
    if (typeof host !== "string" || typeof publisherName !== "string" || typeof inode !== "number")
      return undefined;
    return {
      ...{ host, publisherName, inode },
      machine: typeof machine === "string" ? machine : undefined,
      pid: typeof pid === "number" ? pid : undefined,
      destination: isDestination(destination) ? destination : undefined,
    };
  } catch {
    return undefined;
  }
}

/**
 * Signs a folder that this program has locked. One with events keeps the publisher's name of the programs before, unless it
 * is a copy: two programs under one name would lose the events of one of them. One without events gets a new name, since
 * nothing in it tells up to which id the stream knows that publisher.
 *
 * @throws what the file system answers, where nothing valid is there yet: a full disk stops no program that has events.
 */
export function own(folder: string, hasEvents: boolean, destination?: Destination): Owner {
  const inode = statSync(folder).ino;
  const before = ownerOf(folder);
  const isSame = before?.inode === inode && hasEvents;
  const owner: Owner = {
    host: thisHost(),
    machine: thisMachine(),
    publisherName: isSame ? before.publisherName : `streamll-${randomUUID()}`,
    ...{ inode, pid: process.pid, destination },
  };
  const temporary = join(folder, TEMPORARY);
  try {
    writeFileSync(temporary, JSON.stringify(owner), { mode: 0o600, flush: true });
    renameSync(temporary, join(folder, FILE));
  } catch (error) {
    if (!isSame) throw error;
    sign(folder);
  }
  return owner;
}

/** A folder that is to be removed needs no owner. */
export function disown(folder: string): void {
  for (const name of [FILE, TEMPORARY]) rmSync(join(folder, name), { force: true });
}

/** Shows other machines that this program lives. */
export function sign(folder: string): void {
  const now = new Date();
  try {
    utimesSync(join(folder, FILE), now, now);
  } catch {
    // The disk is full, or gone: the spool says so itself.
  }
}

/** When the owner has last signed, by the clock of its machine: it serves to see whether that changes. */
export function signedAt(folder: string): number {
  try {
    return statSync(join(folder, FILE)).mtimeMs;
  } catch {
    return 0;
  }
}
