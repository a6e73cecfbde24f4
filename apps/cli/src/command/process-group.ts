import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";

/** Windows has none, and opens a window for what is detached. */
const hasGroups = process.platform !== "win32";

/** Starts a command of the shell in a group of its own: what it begins ends with it, and Ctrl-C is not for it. */
export const spawnGroup = (command: string, stdio: StdioOptions): ChildProcess =>
  spawn(command, { shell: true, detached: hasGroups, stdio });

/** Never throws. */
export function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(hasGroups ? -pid : pid, signal);
  } catch {
    // All of it is gone.
  }
}
