import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";

/** Lets go of a lock. It goes with this process too. */
export type Release = () => Promise<void>;

/** Runs `work` while no other process does so under the same file. */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const release = await hold(file);
  try {
    return await work();
  } finally {
    await release?.();
  }
}

/** The lock of a file, or nothing where someone else has it. */
export const tryLock = (file: string): Promise<Release | undefined> => hold(file, "--nonblock");

const taken = 1;

async function hold(file: string, ...options: string[]): Promise<Release | undefined> {
  // Of a group of its own: Ctrl-C is for us, and we may have to tidy up under the lock.
  const holder = spawn("flock", [...options, file, "sh", "-c", "echo held; exec cat"], {
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  let said = "";
  holder.stderr.on("data", (chunk) => (said += chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    holder.stdout.once("data", () => resolve(0));
    holder.once("close", resolve).once("error", (error) => {
      reject(new Error(`${error.message}: install flock (util-linux)`, { cause: error }));
    });
  });
  if (code === taken && options.length > 0) return undefined;
  if (code !== 0) throw new Error(`flock ended with ${code}: ${said.trim()}`);
  // It does not keep this process alive.
  holder.unref();
  for (const pipe of holder.stdio) (pipe as Socket).unref();
  return async () => {
    holder.ref();
    const closed = once(holder, "close");
    holder.stdin.end();
    await closed;
  };
}
