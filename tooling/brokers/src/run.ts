import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/**
 * Runs a command to its end and gives its standard output; where it fails, the error holds what it said.
 * @param onLine Told of each line that it says meanwhile.
 */
export function run(
  [file, ...args]: readonly string[],
  env?: NodeJS.ProcessEnv,
  onLine?: (line: string) => void,
): Promise<string> {
  return new Promise((resolve, reject) => {
    // The standard input stays open as long as this process lives: see debian/bound.ts.
    const child = spawn(file!, args, { env: { ...process.env, ...env } });
    let stdout = "";
    let all = "";
    child.stdout.on("data", (chunk) => (stdout += chunk));
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (all += chunk));
    if (onLine) createInterface({ input: child.stdout }).on("line", onLine);
    child.on("error", (error) => reject(new Error(`${file}: ${error.message}`, { cause: error })));
    child.on("close", (code, signal) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(`${[file, ...args].join(" ")}: ended with ${signal ?? code}:\n${tail(all)}`));
    });
  });
}

export const succeeds = (command: readonly string[]): Promise<boolean> =>
  run(command).then(
    () => true,
    () => false,
  );

/** The last lines of a log. */
export const tail = (text: string): string => text.trimEnd().split("\n").slice(-25).join("\n");
