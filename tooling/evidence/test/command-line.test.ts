import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

it.each([
  ["apps/bench/src/main.ts", "--rounds", "none"],
  ["verification/faults/src/main.ts", "--row", "999"],
  ["verification/endurance/src/chaos.ts", "--minutes", "none"],
  ["verification/endurance/src/main.ts", "--only", "none"],
  ["verification/scale/src/main.ts", "--only", "none --jitter"],
  ["verification/scale/src/main.ts", "--jitter"],
])("%s ends with 2 for a wrong command line, and says why in a line", (program, ...args) => {
  const node = spawnSync(process.execPath, ["--import", tsx, program, ...args], {
    cwd: root,
    encoding: "utf8",
  });
  expect([node.status, node.stdout]).toEqual([2, ""]);
  expect(node.stderr.trim().split("\n")).toHaveLength(1);
});
