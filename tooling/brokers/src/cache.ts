import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** What is kept between runs, outside the repository. */
export function cacheFolder(): string {
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "streamll");
  mkdirSync(folder, { recursive: true });
  return folder;
}
