import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import type { Bench } from "../bench.js";

const run = promisify(execFile);

/**
 * Lets the program see another wall clock than the system's. Debian's package for that is unpacked for the run, and not
 * installed.
 * @returns the file to read the clock from, as in "-1h".
 * @throws Where there is no `apt-get`.
 */
export async function fakeClock(bench: Bench): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "streamll-faults-"));
  bench.cleanUp(() => rm(folder, { recursive: true }));
  const download = () => run("apt-get", ["download", "libfaketime"], { cwd: folder });
  await download().catch(async (cause) => {
    if (cause.code === "ENOENT") throw new Error("this needs libfaketime of Debian or Ubuntu", { cause });
    await run("apt-get", ["update"]);
    await download();
  });
  const archive = readdirSync(folder).find((name) => name.endsWith(".deb"));
  await run("dpkg-deb", ["--extract", archive!, "."], { cwd: folder });
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const library = files.find((path) => basename(path) === "libfaketimeMT.so.1");
  const file = join(folder, "clock");
  Object.assign(bench.environment, {
    LD_PRELOAD: join(folder, library!),
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
  });
  return file;
}
