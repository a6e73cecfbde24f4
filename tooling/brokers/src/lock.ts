import { spawn } from "node:child_process";
import { once } from "node:events";

/** Runs `work` while no other process does so under the same file. The lock ends with this process too. */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const holder = spawn("flock", [file, "sh", "-c", "echo held; exec cat"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  try {
    await once(holder.stdout, "data");
    return await work();
  } finally {
    holder.stdin.end();
  }
}
