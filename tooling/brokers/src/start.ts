import type { Description } from "./broker.js";
import type { Engine } from "./engine.js";
import { engineOfThisMachine } from "./engines.js";
import { versionAt } from "./handshake.js";
import { createNode, startNode, urlOf } from "./node.js";
import { freePorts } from "./ports.js";

/** Brokers as plain data, and how to let them go. */
export interface Lease {
  readonly all: readonly Description[];
  close(): Promise<void>;
}

export type Releases = "all" | "newest";

/** One of each release, started at the same time. */
export async function startBrokers(releases: Releases = "all"): Promise<Lease> {
  const engine = await engineOfThisMachine();
  await engine.prepare();
  const wanted = releases === "all" ? engine.releases : engine.releases.slice(-1);
  const results = await Promise.allSettled(wanted.map((release) => startBroker(engine, release)));
  const started = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const close = async () => {
    await Promise.all(started.map(({ remove }) => remove()));
  };
  const failed = results.find((result) => result.status === "rejected");
  if (failed) {
    await close();
    throw failed.reason;
  }
  return { all: started.map(({ description }) => description), close };
}

// RabbitMQ's words for each of its ports, and Docker's.
const portTaken = /eaddrinuse|already_used|nodistribution|already in use|already allocated/i;

/** Starts one; and where another program was faster to take one of its ports, another on other ports. */
export async function startBroker(engine: Engine, release: string, draw = freePorts, again = true) {
  const { node, remove } = await createNode(engine, release, await draw());
  try {
    await startNode(node);
    return { description: { node, version: await versionAt(urlOf(node)) }, remove };
  } catch (error) {
    await remove();
    if (again && portTaken.test((error as Error).message)) return startBroker(engine, release, draw, false);
    throw error;
  }
}
