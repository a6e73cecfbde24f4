import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { docker } from "../src/docker/engine.js";

// Stands in for Docker: a container is a process that runs until it is removed, or stopped by the file `stop`.
const client = `#!/bin/sh
cd "$(dirname "$0")"
case $1 in
start) echo $$ >started; while [ ! -e stop ] && [ ! -e removed ]; do sleep 0.02; done ;;
rm) : >removed; sleep 0.2 ;;
esac`;

const WAIT = { timeout: 10_000, interval: 10 };
const ports = { amqp: 1, amqps: 1, management: 1, stream: 1, distribution: 1, epmd: 1 };

let home: string;
let folder: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "streamll-docker-"));
  folder = join(home, "streamll-broker-x");
  mkdirSync(folder);
  writeFileSync(join(home, "docker"), client);
  chmodSync(join(home, "docker"), 0o755);
});
afterEach(() => rmSync(home, { recursive: true }));

async function serve() {
  const [file, ...args] = docker.serve({ engine: "docker", release: "rabbitmq:4", folder, ports });
  const env = { ...process.env, PATH: `${home}:${process.env.PATH}` };
  const server = spawn(file!, args, { env, detached: true, stdio: ["pipe", "inherit", "inherit"] });
  await vi.waitUntil(() => existsSync(join(home, "started")), WAIT);
  return server;
}

/** Whether a process of the server's group is left. */
function isLeft(pid: number): boolean {
  try {
    return process.kill(-pid, 0);
  } catch {
    return false;
  }
}

it("with its owner, the container and the folder go", { timeout: 30_000 }, async () => {
  const server = await serve();
  server.stdin.end();
  await once(server, "close");
  expect(existsSync(join(home, "removed"))).toBe(true);
  expect(existsSync(folder)).toBe(false);
  expect(isLeft(server.pid!)).toBe(false);
});

it("a broker that ends leaves container and folder to be started again, and no process", {
  timeout: 30_000,
}, async () => {
  const server = await serve();
  writeFileSync(join(home, "stop"), "");
  await once(server, "close");
  expect(existsSync(join(home, "removed"))).toBe(false);
  expect(existsSync(folder)).toBe(true);
  expect(isLeft(server.pid!)).toBe(false);
});
