import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const program = fileURLToPath(new URL("../../run.mjs", import.meta.url));

test.each([[[]], [["nonsense"]], [["test", "one.test.ts"]]])(
  "a command line that is wrong ends with 2: %j",
  (args) => {
    const { status, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: "utf8" });
    expect([status, stderr.trim().split("\n").length]).toEqual([2, 1]);
  },
);
