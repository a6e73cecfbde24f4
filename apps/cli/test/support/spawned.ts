import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

/** How the command is run from source. */
export const commandLine = [process.execPath, "--import", tsx, main] as const;

export const environment = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => {
  const { NO_COLOR, FORCE_COLOR, VITEST, ...env } = process.env;
  return { ...env, TSX_TSCONFIG_PATH: `${root}/tsconfig.json`, ...more };
};

/** The command in a process of its own. */
export class Spawned {
  readonly process: ChildProcess;
  /** The exit code, as a shell has it. */
  readonly ended: Promise<number>;
  stdout = "";
  stderr = "";

  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const [node, ...rest] = commandLine;
    this.process = spawn(node, [...rest, ...args], { env: environment(env) });
    this.process.stdout!.on("data", (chunk) => {
      this.stdout += chunk;
    });
    this.process.stderr!.on("data", (chunk) => {
      this.stderr += chunk;
    });
    // It may be gone before it has read all.
    this.process.stdin!.on("error", () => {});
    this.ended = once(this.process, "close").then((given) => {
      const [code, signal] = given as [number | null, NodeJS.Signals];
      return code ?? 128 + constants.signals[signal];
    });
  }

  /** What it says on stderr, line by line, but for what it waits for: a busy machine makes it wait. */
  get said(): readonly string[] {
    const lines = this.stderr.trim().split("\n");
    return lines.filter((line) => !line.startsWith("waiting for "));
  }

  /** Gives it all of its input, and waits for its end. */
  async fed(input: string): Promise<number> {
    this.process.stdin!.end(input);
    return this.ended;
  }
}
