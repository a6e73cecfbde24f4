import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

it("each team reads the events of its module, and what it cannot handle is in dead letters of its own", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", main, "memory:"], {
    cwd: root,
  });
  expect(stdout.trimEnd().split("\n")).toEqual([
    "rag-team: end, start",
    "classify-team: end, start",
    "dlx_rag.failed: 0",
    "dlx_classify.failed: 1 (error RETRIES_EXHAUSTED)",
  ]);
});
