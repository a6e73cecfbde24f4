// Runs before each test file, in the process that runs it: see `results.mjs`.
import { appendFileSync } from "node:fs";
import { expect } from "vitest";

const written = process.env.STREAMLL_TEST_RESULTS;
if (written) {
  const line = { event: "started", file: expect.getState().testPath, pid: process.pid };
  appendFileSync(written, `${JSON.stringify(line)}\n`);
}
