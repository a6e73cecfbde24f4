import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { text } from "node:stream/consumers";
import { fileURLToPath, pathToFileURL } from "node:url";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const tsconfig = fileURLToPath(new URL("../../../../tsconfig.json", import.meta.url));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

/** Starts the demo from source, in a folder that knows nothing of the project. */
export function startChild(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const { FORCE_COLOR, NO_COLOR, ...inherited } = process.env;
  return spawn(process.execPath, ["--import", tsx, main, ...args], {
    cwd: tmpdir(),
    env: { ...inherited, TSX_TSCONFIG_PATH: tsconfig, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

export async function runChild(args: readonly string[], env?: NodeJS.ProcessEnv) {
  const child = startChild(args, env);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, "close"),
  ]);
  return { code: code as number, stdout, stderr };
}
