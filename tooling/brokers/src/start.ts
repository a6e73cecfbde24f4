import type { Description, OwnedDescription } from "./broker.js";
import type { Engine } from "./engine.js";
import { engineOfThisMachine } from "./engines.js";
import { versionAt } from "./handshake.js";
import { createNode, type Plan, startNode } from "./node.js";
import { urlOf } from "./node-data.js";
import { freePorts } from "./ports.js";

/** Brokers as plain data, and how to let them go. */
export interface Lease<T extends Description = Description> {
  readonly all: readonly T[];
  close(): Promise<void>;
}

export type Releases = "all" | "newest";

const named = ", or name a broker, as in STREAMLL_TEST_AMQP_URL=amqp://guest:guest@localhost:5672/";

/** Fetches what they are made of, where this machine does not have it yet. One that a URL names is there. */
export async function fetchBrokers(): Promise<void> {
  if (process.env.STREAMLL_TEST_AMQP_URL) return;
  await (await engineOfThisMachine(named)).prepare();
}

/** So many of each release, started at the same time. */
export async function startBrokers(releases: Releases = "all", each = 1): Promise<Lease> {
  const engine = await engineOfThisMachine(named);
  await engine.prepare();
  const wanted = releases === "all" ? engine.releases : engine.releases.slice(-1);
  const all = Array.from({ length: each }, () => wanted).flat();
  return startAll(all.map((release) => launch(engine, release)));
}

/** Brokers that start at the same time: all of them, or where one fails, none. */
export async function startAll(
  starting: readonly ReturnType<typeof launch>[],
): Promise<Lease<OwnedDescription>> {
  const results = await Promise.allSettled(starting);
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
export async function launch(
  engine: Engine,
  release: string,
  plan: Plan = {},
  draw = freePorts,
  again = true,
): Promise<{ description: OwnedDescription; remove(): Promise<void> }> {
  const { node, remove } = await createNode(engine, release, await draw(), plan);
  try {
    await startNode(node);
    return { description: { node, version: await versionAt(urlOf(node)) }, remove };
  } catch (error) {
    await remove();
    if (again && portTaken.test((error as Error).message)) return launch(engine, release, plan, draw, false);
    throw error;
  }
}
