import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { readManifest, repository } from "./workspace.js";

/** The longest of them, an installation on a busy machine, takes some seven minutes. */
const HANGS_AFTER = 20 * 60_000;

/** Runs a command to its end, with `more` in its environment, and gives what it wrote to stdout; a failure is an error that has all its output. */
export async function run(
  command: string,
  args: readonly string[],
  cwd: string,
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  // By NODE_PATH, which pnpm's scripts set, a program would find the packages of the workspace.
  const env = { ...process.env, NODE_PATH: "", ...more };
  const options = {
    cwd,
    env,
    maxBuffer: 64 * 1024 * 1024,
    timeout: HANGS_AFTER,
    killSignal: "SIGKILL",
  } as const;
  try {
    const { stdout } = await promisify(execFile)(command, args, options);
    return stdout;
  } catch (failure) {
    const { code, killed, stdout, stderr } = failure as Failure;
    const end = killed ? `not finished after ${HANGS_AFTER / 60_000} minutes, ended` : `ended with ${code}`;
    throw new Error(`${command} ${args.join(" ")}: ${end}\n${stdout ?? ""}${stderr ?? ""}`);
  }
}

interface Failure {
  readonly code?: number | string;
  readonly killed?: boolean;
  readonly stdout?: string;
  readonly stderr?: string;
}

/** Runs the pnpm that package.json names; npm's own npx fetches it where it is missing. */
export function pnpm(args: readonly string[], cwd: string): Promise<string> {
  return run("npx", ["--yes", readManifest(repository).packageManager ?? "pnpm", ...args], cwd);
}
