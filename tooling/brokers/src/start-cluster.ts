import { randomUUID } from "node:crypto";
import { certificates } from "./certificates.js";
import { type Cluster, clusterOf } from "./cluster.js";
import type { Extras } from "./configuration.js";
import { engineOfThisMachine } from "./engines.js";
import { freePort, freePorts } from "./ports.js";
import { launch, startAll } from "./start.js";

const names = ["node1", "node2", "node3"];

/**
 * Starts a cluster that nobody else uses, in a network of its own. It ends with this process at the latest.
 * @param extras What each node has beyond the usual.
 * @throws Where this machine can run none, saying what is missing.
 * @example
 * const cluster = await startCluster();
 * await cluster.partition(await cluster.leaderOf("orders"));
 */
export async function startCluster(extras: Extras = {}): Promise<Cluster> {
  const engine = await engineOfThisMachine();
  await engine.prepare();
  const release = engine.releases.at(-1)!;
  const { network, release: closeNetwork } = await engine.createNetwork(names);
  const config = { ...formation, ...handlingOf(await engine.versionOf(release)), ...extras.config };
  const shared: Extras = {
    ...extras,
    config,
    files: {
      ".erlang.cookie": randomUUID(),
      ...(await certificates({ hosts: ["localhost", ...Object.values(network.addresses)] })),
      ...extras.files,
    },
  };
  const epmd = await freePort();
  const draw = async () => ({ ...(await freePorts()), epmd });
  const start = () =>
    startAll(names.map((name) => launch(engine, release, { extras: shared, seat: { network, name } }, draw)));
  const { all, close } = await start().catch(onceMore(start)).catch(after(closeNetwork));
  const cluster = clusterOf(all, config.cluster_partition_handling, async () => {
    await close();
    await closeNetwork();
  });
  await cluster.whole().catch(after(cluster.close));
  return cluster;
}

/** A node of 4.0 asserts that no other comes up while it looks for its peers, which one does on a busy machine. */
const onceMore =
  <T>(start: () => Promise<T>) =>
  (error: unknown): Promise<T> => {
    if (!String(error).includes("rabbit_peer_discovery")) throw error;
    return start();
  };

const after = (tidyUp: () => Promise<void>) => async (error: unknown) => {
  await tidyUp();
  throw error;
};

const formation = {
  "cluster_formation.peer_discovery_backend": "classic_config",
  ...Object.fromEntries(
    names.map((name, index) => [`cluster_formation.classic_config.nodes.${index + 1}`, `rabbit@${name}`]),
  ),
  // Without one, each login looks it up as a host name, in vain where a partition cuts off Docker's name server.
  cluster_name: "streamll",
  // Seconds, give or take a quarter, until a silent node counts as gone. Usual are 60.
  net_ticktime: 6,
};

/** From 4.3 on there is no such setting. */
function handlingOf(version: string): { readonly cluster_partition_handling?: string } {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 4 || (major === 4 && minor >= 3) ? {} : { cluster_partition_handling: "pause_minority" };
}
