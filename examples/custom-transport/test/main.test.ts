import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

it("the program of the example leaves a thousand events in its file, in order", {
  timeout: 30_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "ndjson-main-"));
  try {
    const file = join(folder, "events of a run.ndjson");
    const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", main, file], {
      cwd: root,
    });
    expect(stdout).toBe(`1000 events in ${file}, 0 failed, 0 dropped\n`);
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    const numbers = lines.map((line) => JSON.parse(JSON.parse(line).body).data.number);
    expect(numbers).toEqual(Array.from({ length: 1000 }, (_, index) => index + 1));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
