import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";

/** A process that holds something, a lock or a network, until `release()` or the end of this one. */
export interface Holder {
  readonly pid: number;
  /** The line. */
  readonly said: string;
  release(): Promise<void>;
}

/** The command ended and holds nothing. */
export class NotHeld extends Error {
  constructor(
    message: string,
    readonly code: number | null,
  ) {
    super(message);
  }
}

/** Starts a command that says a line once it holds something, and lets go at the end of its standard input. */
export async function startHolder([file, ...args]: readonly string[]): Promise<Holder> {
  // Of a group of its own: Ctrl-C is for us, and we may have to tidy up with what it holds.
  const child = spawn(file!, args, { detached: true, stdio: ["pipe", "pipe", "pipe"] });
  let failure = "";
  child.stderr.on("data", (chunk) => (failure += chunk));
  const said = await new Promise<string>((resolve, reject) => {
    child.stdout.once("data", (line) => resolve(String(line).trimEnd()));
    child.once("error", reject);
    child.once("close", (code) => {
      reject(new NotHeld(`${file} ended with ${code}: ${failure.trim()}`, code));
    });
  });
  // It does not keep this process alive.
  child.unref();
  for (const pipe of child.stdio) (pipe as Socket).unref();
  return {
    pid: child.pid!,
    said,
    async release() {
      child.ref();
      const closed = once(child, "close");
      child.stdin.end();
      await closed;
    },
  };
}
