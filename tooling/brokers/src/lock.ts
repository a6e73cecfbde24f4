import { NotHeld, startHolder } from "./holder.js";

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
  try {
    const { release } = await startHolder(["flock", ...options, file, "sh", "-c", "echo held; exec cat"]);
    return release;
  } catch (error) {
    if (!(error instanceof NotHeld))
      throw new Error(`${(error as Error).message}: install flock (util-linux)`, { cause: error });
    if (error.code === taken && options.length > 0) return undefined;
    throw error;
  }
}
