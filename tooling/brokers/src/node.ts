import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, constants, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { certificates } from "./certificates.js";
import { configuration, type Extras } from "./configuration.js";
import type { Engine } from "./engine.js";
import { engineNamed } from "./engines.js";
import { versionAt } from "./handshake.js";
import type { Seat } from "./network.js";
import { hostOf, type Node, urlOf } from "./node-data.js";
import type { Ports } from "./ports.js";
import { isAlive } from "./process.js";
import { run, tail } from "./run.js";
import { until } from "./until.js";

/** What a new node is to be, beyond a broker as all are. */
export interface Plan {
  readonly extras?: Extras;
  readonly seat?: Seat;
}

const startTimeoutMs = 120_000;

// In a network of its own that is for its cluster and for this machine.
const everywhere = "0.0.0.0";

/** Makes a node of a release, not started, that lives as long as this process and until `remove()`. */
export async function createNode(
  engine: Engine,
  release: string,
  ports: Ports,
  { extras = {}, seat }: Plan = {},
): Promise<{ node: Node; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "streamll-broker-"));
  const node: Node = { engine: engine.name, release, folder, ports, ...(seat && { seat }) };
  await run(["mkfifo", "-m", "600", lifeline(node)]);
  // The broker has the other end: however this process ends, the system closes this one.
  const held = openSync(lifeline(node), constants.O_RDWR);
  const files = {
    ...(await certificates({ hosts: ["localhost", "127.0.0.1", hostOf(node)] })),
    ...configuration(node, seat ? everywhere : engine.listen, extras),
    ...extras.files,
  };
  for (const [name, text] of Object.entries(files))
    await writeFile(join(folder, name), text, { mode: 0o600 });
  await engine.create(node);
  return {
    node,
    async remove() {
      closeSync(held);
      await until(() => !isRunning(node), `the broker in ${folder} to end`);
      await engine.remove(node);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Starts it, also after it was stopped or killed: the ports and the data are the same. */
export async function startNode(node: Node): Promise<void> {
  if (isRunning(node)) return;
  rmSync(pidFile(node), { force: true });
  const lifelineEnd = openSync(lifeline(node), "r");
  const log = openSync(join(node.folder, "log"), "a");
  const [file, ...args] = engineNamed(node.engine).serve(node);
  const child = spawn(file!, args, {
    detached: true,
    stdio: [lifelineEnd, log, log],
  });
  closeSync(lifelineEnd);
  closeSync(log);
  await spawned(child);
  child.unref();
  writeFileSync(processFile(node), String(child.pid));
  await until(
    async () => {
      if (!isRunning(node)) throw new Error("RabbitMQ did not start:");
      return versionAt(urlOf(node)).then(
        () => true,
        () => false,
      );
    },
    "RabbitMQ to start",
    startTimeoutMs,
  ).catch((error) => {
    throw new Error(`${error.message}\n${logOf(node)}`);
  });
}

/** Sends a signal to the broker itself. */
export async function signal(node: Node, name: "KILL" | "TERM" | "STOP" | "CONT"): Promise<void> {
  await beside(node, ["sh", "-c", `kill -${name} ${readFileSync(pidFile(node), "utf8").trim()}`]);
}

/** Sends a signal that ends the broker, and waits until it is gone. */
export async function end(node: Node, name: "KILL" | "TERM"): Promise<void> {
  if (!isRunning(node)) return;
  // Who brings the signal may die with the broker, whose namespace ends with it: what counts is whether it is gone.
  const sent = await signal(node, name).then(
    () => undefined,
    (error: unknown) => error,
  );
  await until(() => !isRunning(node), `RabbitMQ to end after SIG${name}`).catch((error: unknown) => {
    throw sent ?? error;
  });
}

export const ctl = (node: Node, args: readonly string[]): Promise<string> =>
  beside(node, ["rabbitmqctl", "--quiet", ...args]);

const beside = (node: Node, command: readonly string[]) =>
  run(engineNamed(node.engine).beside(node, processOf(node)!, command));

function isRunning(node: Node): boolean {
  const pid = processOf(node);
  return pid !== undefined && isAlive(pid);
}

function processOf(node: Node): number | undefined {
  try {
    return Number(readFileSync(processFile(node), "utf8"));
  } catch {
    return undefined;
  }
}

const lifeline = ({ folder }: Node) => join(folder, "lifeline");
const processFile = ({ folder }: Node) => join(folder, "process");
const pidFile = ({ folder }: Node) => join(folder, "pid");
const logOf = ({ folder }: Node) => tail(readFileSync(join(folder, "log"), "utf8"));

const spawned = (child: ChildProcess) =>
  new Promise<void>((resolve, reject) => child.once("spawn", resolve).once("error", reject));
