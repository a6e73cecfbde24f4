import { createHash } from "node:crypto";
import { readdirSync, rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** A folder that belongs to this process until it is released, or the process ends, however it does. */
export interface Lock {
  release(): Promise<void>;
}

/** The longest path of a Unix socket, in bytes: 104 with the terminating zero on macOS and BSD, 108 on Linux. */
const LONGEST_SOCKET_PATH = 103;
/** A socket that was bound and does not listen yet refuses as a dead one does, for some microseconds. */
const ASK_AGAIN_MS = 50;
const NAME = /^lock-(\d+)$/;

/** The path of a folder's lock: a socket in the folder, and on Windows a named pipe, which no folder can hold. */
export function lockPath(
  folder: string,
  number: number,
  platform: NodeJS.Platform = process.platform,
): string {
  if (platform === "win32") {
    const name = createHash("sha256").update(folder.toLowerCase()).digest("hex").slice(0, 32);
    return `\\\\.\\pipe\\streamll-spool-${name}`;
  }
  const path = join(folder, `lock-${number}`);
  if (Buffer.byteLength(path) > LONGEST_SOCKET_PATH)
    throw new Error(
      `the path ${path} is too long for a socket (${LONGEST_SOCKET_PATH} bytes): choose a shorter directory`,
    );
  return path;
}

/**
 * Takes a folder; `undefined` if it belongs to a process that lives, a stopped one included.
 *
 * A lock is a listening socket: it answers as long as its owner lives, and refuses from the moment in which it dies. Its
 * file stays. Who takes the folder over binds the socket with the next number, which only one can do, and the highest
 * number that is there owns the folder.
 */
export async function takeLock(folder: string): Promise<Lock | undefined> {
  if (process.platform === "win32") {
    const pipe = await listening(lockPath(folder, 0));
    return pipe && locked(pipe);
  }
  const last = numbersIn(folder).at(-1) ?? 0;
  if (last > 0 && (await answers(folder, last))) return undefined;
  const own = last + 1;
  const server = await listening(lockPath(folder, own));
  if (server === undefined) return undefined;
  const lock = locked(server);
  try {
    const numbers = numbersIn(folder);
    if (numbers.at(-1) === own) {
      for (const number of numbers) if (number < own) rmSync(lockPath(folder, number), { force: true });
      return lock;
    }
  } catch (error) {
    await lock.release();
    throw error;
  }
  // Another one took the folder, and has ended since this one looked first.
  await lock.release();
  return undefined;
}

/** Whether a folder belongs to a process that lives. */
export async function isLocked(folder: string): Promise<boolean> {
  if (process.platform === "win32") return connects(lockPath(folder, 0));
  const last = numbersIn(folder).at(-1);
  return last !== undefined && answers(folder, last);
}

const numbersIn = (folder: string): number[] =>
  readdirSync(folder)
    .map((name) => Number(NAME.exec(name)?.[1] ?? 0))
    .filter((number) => number > 0)
    .sort((a, b) => a - b);

async function answers(folder: string, number: number): Promise<boolean> {
  const path = lockPath(folder, number);
  if (await connects(path)) return true;
  await pause(ASK_AGAIN_MS);
  return connects(path);
}

function connects(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const answer = (isAlive: boolean) => {
      socket.destroy();
      resolve(isAlive);
    };
    socket.once("connect", () => answer(true));
    // Whoever has as many callers as its backlog takes lives too.
    socket.once("error", ({ code }: NodeJS.ErrnoException) =>
      answer(code !== "ECONNREFUSED" && code !== "ENOENT"),
    );
  });
}

/** `undefined` if the address is in use. */
function listening(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else reject(error);
    });
    // Not shared with the other workers of a cluster.
    server.listen({ path, exclusive: true }, () => resolve(server.unref()));
  });
}

const locked = (server: Server): Lock => ({
  release: () => new Promise((resolve) => server.close(() => resolve())),
});
