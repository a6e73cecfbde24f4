import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const run = promisify(execFile);
const cwd = fileURLToPath(new URL("../../../../", import.meta.url));
const program = fileURLToPath(new URL("memory.ts", import.meta.url));
const calls = 100_000;

describe(`the memory of a program after ${calls} streamed calls`, () => {
  it.each(["read to their end", "broken off", "never read", "opened and forgotten"])(
    "is no larger than after the first tenths, with streams %s",
    async (way) => {
      const args = ["--import", "tsx", program, String(calls), way];
      const { stdout } = await run(process.execPath, args, { cwd });
      const [, heap = ""] = /: ([\d. ]+) MB/.exec(stdout) ?? [];
      const tenths = heap.split(" ").map(Number);
      expect(tenths).toHaveLength(10);
      // Of the calls that are never ended, 10,000 are kept; the first tenth opens as many.
      expect(Math.max(...tenths.slice(2))).toBeLessThan(Math.max(...tenths.slice(0, 2)) + 2);
    },
  );
});
