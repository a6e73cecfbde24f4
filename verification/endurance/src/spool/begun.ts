import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { built } from "@streamll/programs";

/** Starts a program of this folder, and gives the lines that it prints. */
export function begun(
  file: string,
  setup: object,
): { child: ChildProcess; lines: AsyncIterator<string, undefined> } {
  const child = spawn(process.execPath, [built(new URL(file, import.meta.url)), JSON.stringify(setup)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  return { child, lines: createInterface({ input: child.stdout! })[Symbol.asyncIterator]() };
}
