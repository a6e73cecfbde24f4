import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import type { Bench } from "./bench.js";

const run = promisify(execFile);

/** Debian's packages of libraries that change what a program sees of its system. */
const packages = {
  "libfaketimeMT.so.1": "libfaketime",
  "libnss_wrapper.so": "libnss-wrapper",
} as const;

/**
 * The bench's program is to start with this library before all others. Its package is unpacked for the run, and not
 * installed.
 * @returns the folder, for what the library reads.
 * @throws Where there is no `apt-get`.
 */
export async function preload(bench: Bench, library: keyof typeof packages): Promise<string> {
  const name = packages[library];
  const folder = mkdtempSync(join(tmpdir(), "streamll-faults-"));
  bench.cleanUp(() => rm(folder, { recursive: true }));
  await run("apt-get", ["download", name], { cwd: folder }).catch(async (cause) => {
    if (cause.code === "ENOENT") throw new Error(`this needs ${name} of Debian or Ubuntu`, { cause });
    await run("apt-get", ["update"]);
    await run("apt-get", ["download", name], { cwd: folder });
  });
  const archive = readdirSync(folder).find((file) => file.endsWith(".deb"));
  await run("dpkg-deb", ["--extract", archive!, "."], { cwd: folder });
  const found = readdirSync(folder, { recursive: true, encoding: "utf8" }).find(
    (path) => basename(path) === library,
  );
  bench.environment.LD_PRELOAD = join(folder, found!);
  return folder;
}
