import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder } from "../cache.js";
import { progress } from "../progress.js";
import { run } from "../run.js";
import { bound } from "./bound.js";
import { type Mirror, mirrorIn } from "./mirror.js";

/** A root file system of that suite of Debian, with its RabbitMQ. */
export const imageOf = (suite: string): string => join(cacheFolder(), `debian-${suite}`);

const building = "building-";
const SCRIPTS = "/usr/share/debootstrap/scripts";

/** Builds the images that are not there yet. Call it with the lock held. */
export async function buildImages(suites: readonly string[]): Promise<void> {
  for (const name of await readdir(cacheFolder()))
    if (name.startsWith(building)) await rm(join(cacheFolder(), name), { recursive: true, force: true });
  const mirror = mirrorIn(await run(["apt-get", "indextargets"]), (path) => readFileSync(path, "utf8"));
  if (!mirror)
    throw new Error("apt knows no Debian mirror: name one in /etc/apt/sources.list, and apt-get update");
  const proxy = await proxyOfApt();
  await Promise.all(suites.map((suite) => buildImage(suite, mirror, proxy)));
}

async function buildImage(suite: string, { url, keyring }: Mirror, proxy: NodeJS.ProcessEnv): Promise<void> {
  // Only a complete one has the name that is looked for.
  const folder = await mkdtemp(join(cacheFolder(), building));
  const command = [
    ...["debootstrap", "--variant=minbase", "--include=rabbitmq-server"],
    ...(keyring ? [`--keyring=${keyring}`] : []),
    ...[suite, folder, url],
    // A suite that is younger than debootstrap is made as unstable is.
    ...(existsSync(`${SCRIPTS}/${suite}`) ? [] : [`${SCRIPTS}/sid`]),
  ];
  await run(bound(folder, ...command), proxy, progress(suite));
  // A broker finds its own here.
  await writeFile(join(folder, "etc/hosts"), "");
  await rename(folder, imageOf(suite));
}

/** debootstrap downloads by itself, and reads the environment alone. */
async function proxyOfApt(): Promise<NodeJS.ProcessEnv> {
  const shell = await run([
    "apt-config",
    "shell",
    "http_proxy",
    "Acquire::http::Proxy",
    "https_proxy",
    "Acquire::https::Proxy",
  ]);
  return Object.fromEntries([...shell.matchAll(/^(\w+)='(.+)'$/gm)].map(([, name, value]) => [name!, value]));
}

export const missing = (suites: readonly string[]): string[] =>
  suites.filter((suite) => !existsSync(imageOf(suite)));
