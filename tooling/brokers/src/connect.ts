import { type Broker, brokerOf, setOf } from "./broker.js";
import { versionAt } from "./handshake.js";
import { claimRunning } from "./running.js";
import { type Lease, type Releases, startBrokers } from "./start.js";

export interface Brokers {
  /** The oldest generation first. */
  readonly all: readonly Broker[];
  /** Ends those that were started for this, and lets go of those that were running. */
  close(): Promise<void>;
}

/**
 * Real brokers, one a generation: the one that STREAMLL_TEST_AMQP_URL names, alone; else those that `pnpm brokers`
 * runs, where no other process uses them; else new ones, which end with this process at the latest.
 * `"newest"` starts no older one.
 * @throws Where this machine can run none, saying what to install or to set.
 */
export async function connectBrokers(releases: Releases = "all"): Promise<Brokers> {
  const { all, close } = await leaseBrokers(releases);
  return { all: setOf(all, 0).map(brokerOf), close };
}

/** Those that run may be fewer than so many of each. */
export async function leaseBrokers(releases: Releases = "all", each = 1): Promise<Lease> {
  const url = process.env.STREAMLL_TEST_AMQP_URL;
  if (url) return namedBroker(url);
  return (await claimRunning()) ?? (await startBrokers(releases, each));
}

async function namedBroker(url: string): Promise<Lease> {
  const version = await versionAt(url).catch((error) => {
    // The URL may hold a password.
    throw new Error(`STREAMLL_TEST_AMQP_URL names no broker that answers: ${error.message}`);
  });
  const managementUrl = process.env.STREAMLL_TEST_MANAGEMENT_URL;
  return { all: [{ version, url, managementUrl }], close: async () => {} };
}
