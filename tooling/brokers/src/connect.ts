import { type Broker, brokerOf, type Description } from "./broker.js";
import { engineOfThisMachine } from "./engines.js";
import { versionAt } from "./handshake.js";
import { createNode, startNode, urlOf } from "./node.js";
import { claimRunning } from "./running.js";

export interface Brokers {
  /** The oldest generation first. */
  readonly all: readonly Broker[];
  /** Ends those that were started for this, and lets go of those that were running. */
  close(): Promise<void>;
}

/** Brokers as plain data, and how to let them go. */
export interface Lease {
  readonly all: readonly Description[];
  close(): Promise<void>;
}

/**
 * Real brokers, one a generation: the one that STREAMLL_TEST_AMQP_URL names, alone; else those that `pnpm brokers`
 * runs, where no other process uses them; else new ones, which end with this process at the latest.
 * @throws Where this machine can run none, saying what to install or to set.
 */
export async function connectBrokers(): Promise<Brokers> {
  const { all, close } = await leaseBrokers();
  return { all: all.map(brokerOf), close };
}

export async function leaseBrokers(): Promise<Lease> {
  const url = process.env.STREAMLL_TEST_AMQP_URL;
  if (url) return namedBroker(url);
  return (await claimRunning()) ?? (await startBrokers());
}

async function namedBroker(url: string): Promise<Lease> {
  const version = await versionAt(url).catch((error) => {
    // The URL may hold a password.
    throw new Error(`STREAMLL_TEST_AMQP_URL names no broker that answers: ${error.message}`);
  });
  const managementUrl = process.env.STREAMLL_TEST_MANAGEMENT_URL;
  return { all: [{ version, url, managementUrl }], close: async () => {} };
}

/** One of each release, started at the same time. */
export async function startBrokers(): Promise<Lease> {
  const engine = await engineOfThisMachine();
  await engine.prepare();
  const made = await Promise.all(engine.releases.map((release) => createNode(engine, release)));
  const close = async () => {
    await Promise.all(made.map(({ remove }) => remove()));
  };
  try {
    const all = await Promise.all(
      made.map(async ({ node }) => {
        await startNode(node);
        return { node, version: await versionAt(urlOf(node)) };
      }),
    );
    return { all, close };
  } catch (error) {
    await close();
    throw error;
  }
}
