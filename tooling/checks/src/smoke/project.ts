import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Packed } from "../pack.js";
import { run } from "../processes.js";
import { repository } from "../workspace.js";

/** Where the programs of the smoke test are. */
export const sources = join(repository, "tooling/checks/src/smoke");

export function dependenciesOn(packed: readonly Packed[]): Record<string, string> {
  return Object.fromEntries(packed.map(({ manifest, tarball }) => [manifest.name, `file:${tarball}`]));
}

/** Makes a folder with these packages. No script of theirs runs. */
export async function install(project: string, dependencies: Record<string, string>): Promise<void> {
  mkdirSync(project, { recursive: true });
  // The overrides make the tarballs' own dependencies on each other resolve to these tarballs, published or not.
  const manifest = { private: true, dependencies, overrides: dependencies };
  writeFileSync(join(project, "package.json"), JSON.stringify(manifest));
  const quiet = ["--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"];
  await run("npm", ["install", ...quiet], project);
}
