import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { built } from "@streamll/programs";

/** Runs a script of this folder in a process of its own, so that its CPU is the client's alone; gives what it prints. */
export async function measured<T>(
  script: string,
  args: readonly string[] = [],
  flags: readonly string[] = [],
): Promise<T> {
  const file = built(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [...flags, file, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, "close")]);
  if (code !== 0) throw new Error(`${script} ${args[0] ?? ""} ended with ${code}`);
  return JSON.parse(output) as T;
}
