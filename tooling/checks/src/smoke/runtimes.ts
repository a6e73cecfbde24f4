import { join } from "node:path";
import type { Packed } from "../pack.js";
import { run } from "../processes.js";
import { writePrograms } from "./bundles.js";
import type { Errand } from "./deliver.js";
import type { TransportName } from "./errands.js";
import { dependenciesOn, install } from "./project.js";
import type { Refusal } from "./under-jest.js";

/** Runs the program with all transports installed: on Bun, on Deno, and by Jest. */
export async function tryRuntimes(
  packed: readonly Packed[],
  errands: Record<TransportName, Errand>,
  refusals: readonly Refusal[],
  tools: string,
): Promise<void> {
  const project = join(tools, "all");
  await install(project, dependenciesOn(packed));
  await writePrograms(project);
  for (const [runtime, command] of Object.entries(runtimes(tools))) {
    for (const [transport, { options }] of Object.entries(errands)) {
      const env = { STREAMLL_SMOKE: JSON.stringify({ options, missing: [] }) };
      const said = await run(command[0], [...command.slice(1), "main.mjs"], project, env);
      console.log(`${transport} on ${runtime}: ${said.trim()}`);
    }
  }
  const all = Object.values(errands).map(({ options }) => ({ options, missing: [] }));
  const config = JSON.stringify({ rootDir: project, testMatch: ["**/under-jest.cjs"], transform: {} });
  const jest = [join(tools, "node_modules/jest/bin/jest.js"), "--runInBand", "--config", config];
  const env = { STREAMLL_SMOKE: JSON.stringify({ errands: all, refusals }) };
  await run(process.execPath, jest, project, env);
  console.log(`under Jest: ${all.length} transports deliver, ${refusals.length} refusals have their codes`);
}

function runtimes(tools: string): Record<string, [command: string, ...args: string[]]> {
  if (process.platform !== "linux" || process.arch !== "x64") {
    console.log("Bun and Deno are not tried: the packages that hold them do not run here");
    return {};
  }
  const bun = join(tools, "node_modules/@oven/bun-linux-x64/bin/bun");
  const deno = join(tools, "node_modules/@deno/linux-x64-glibc/deno");
  return { Bun: [bun], Deno: [deno, "run", "--allow-all", "--no-lock", "--node-modules-dir=manual"] };
}
