import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { tryLock, withLock } from "../src/lock.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "streamll-lock-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const never = async () => {
  throw new Error("it has no lock");
};

it("lets one work at a time", async () => {
  let working = 0;
  const most = await Promise.all(
    Array.from({ length: 3 }, () =>
      withLock(join(folder, "lock"), async () => {
        const now = ++working;
        await new Promise(setImmediate);
        working--;
        return now;
      }),
    ),
  );
  expect(most).toEqual([1, 1, 1]);
});

it("is free again when the work fails", async () => {
  const file = join(folder, "lock");
  await expect(withLock(file, () => Promise.reject(new Error("no network")))).rejects.toThrow("no network");
  expect(await withLock(file, async () => "done")).toBe("done");
});

it("says so where the file cannot be opened", async () => {
  const file = join(folder, "nowhere/lock");
  await expect(withLock(file, never)).rejects.toThrow(/flock ended with 66: .*nowhere/);
  await expect(tryLock(file)).rejects.toThrow(/nowhere/);
});

it("says so where there is no flock", async () => {
  vi.stubEnv("PATH", folder);
  await expect(withLock(join(folder, "lock"), never)).rejects.toThrow(/ENOENT: install flock/);
});

it("keeps no process alive", { timeout: 60_000 }, () => {
  const script = `
    const { tryLock } = await import(${JSON.stringify(import.meta.resolve("../src/lock.ts"))});
    console.log(typeof await tryLock(${JSON.stringify(join(folder, "lock"))}));`;
  const args = ["--import", "tsx", "--input-type=module", "-e", script];
  expect(execFileSync(process.execPath, args, { encoding: "utf8", timeout: 50_000 })).toBe("function\n");
});
