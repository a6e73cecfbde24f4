import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "./cache.js";
import { install } from "./debian/packages.js";
import { withLock } from "./lock.js";
import { succeeds } from "./run.js";

/**
 * Makes sure that this machine has a program. On Debian, root installs it from the package of that name.
 *
 * @throws saying what is missing, on any other machine.
 * @example
 * await needProgram("redis-server");
 */
export async function needProgram(name: string): Promise<void> {
  const isHere = () => succeeds(["sh", "-c", `command -v ${name}`]);
  if (await isHere()) return;
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get"))
    throw new Error(`${name} is missing: install it, or be root on Debian`);
  await withLock(join(cacheFolder(), "lock"), async () => {
    if (await isHere()) return;
    console.error(`brokers: installing ${name} from Debian`);
    await install(name);
  });
}
