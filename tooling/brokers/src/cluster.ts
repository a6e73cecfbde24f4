import { type Broker, brokerOf, type OwnedDescription } from "./broker.js";
import { engineNamed } from "./engines.js";
import { versionAt } from "./handshake.js";
import { manage } from "./management.js";
import { until } from "./until.js";

/** A node of a cluster. When it is killed or stopped its address stays, as that of a machine that runs on. */
export interface Member extends Broker {
  /** As RabbitMQ calls it: "rabbit@node1". */
  readonly name: string;
}

/** Three nodes of the newest RabbitMQ of this machine. */
export interface Cluster {
  readonly nodes: readonly Member[];
  /** Of every node, in order. */
  readonly urls: readonly string[];
  /** "pause_minority", or what `cluster_partition_handling` was set to. From 4.3 on nothing: the majority goes on. */
  readonly partitionHandling: string | undefined;
  /** The node that leads a quorum queue or a stream, for a majority of its members. Waits until there is one. */
  leaderOf(queue: string, vhost?: string): Promise<Member>;
  /**
   * From now on no packet passes between this node and the others, while clients reach all of them. The nodes notice
   * some 6 s later.
   */
  partition(node: Member): Promise<void>;
  /**
   * Waits until the others take a partitioned node for gone, and it has done what `partitionHandling` says: about 12 s.
   * A partition or a `pause()` that ends between the one and the other leaves RabbitMQ split, until the node is stopped
   * and started.
   */
  parted(node: Member): Promise<void>;
  /** Lets all packets pass again. It takes seconds until the nodes have found each other: see `whole()`. */
  heal(): Promise<void>;
  /**
   * Waits until every node takes clients and knows that the others run: seconds. A node that RabbitMQ has left split is
   * killed and started after a minute.
   */
  whole(): Promise<void>;
  close(): Promise<void>;
}

const patience = 60_000;

export function clusterOf(
  all: readonly OwnedDescription[],
  partitionHandling: string | undefined,
  close: () => Promise<void>,
): Cluster {
  const engine = engineNamed(all[0]!.node.engine);
  const nodes = all.map((one) => ({ ...brokerOf(one), name: `rabbit@${one.node.seat!.name}` }));
  const seesAll = async (node: Member) =>
    (await running(node))?.length === nodes.length && (await answers(node));
  /** The node that sees the fewest others. */
  const loneliest = async () => {
    const seen = await Promise.all(nodes.map(async (node) => (await running(node))?.length ?? 0));
    return nodes[seen.indexOf(Math.min(...seen))]!;
  };
  return {
    nodes,
    urls: nodes.map(({ url }) => url),
    partitionHandling,
    async leaderOf(queue, vhost = "/") {
      const path = `queues/${encodeURIComponent(vhost)}/${encodeURIComponent(queue)}`;
      let leader: Member | undefined;
      await until(async () => {
        const views = await Promise.all(nodes.map((node) => ask<QueueView>(node, path)));
        const name = views.map((view) => view && leaderIn(view)).find((found) => found !== undefined);
        leader = nodes.find((node) => node.name === name);
        return leader !== undefined;
      }, `a leader of ${queue}`);
      return leader!;
    },
    partition: ({ name }) => engine.isolate(all[nodes.findIndex((node) => node.name === name)]!.node),
    async parted(node) {
      const others = nodes.filter(({ name }) => name !== node.name);
      await until(
        async () => {
          const seen = await Promise.all(others.map((other) => running(other)));
          if (seen.some((names) => names?.includes(node.name) !== false)) return false;
          return partitionHandling !== "pause_minority" || !(await answers(node));
        },
        `${node.name} to be apart`,
        patience,
      );
    },
    heal: () => engine.rejoin(all.map(({ node }) => node)),
    async whole() {
      const isWhole = async () => (await Promise.all(nodes.map(seesAll))).every(Boolean);
      const found = () => until(isWhole, "the nodes of the cluster to find each other", patience);
      await found().catch(async () => {
        const lost = await loneliest();
        await lost.kill();
        await lost.start();
        await found();
      });
    },
    close,
  };
}

interface QueueView {
  readonly leader?: string;
  readonly members?: readonly string[];
  readonly online?: readonly string[];
}

/** A node still names the leader that it has lost, and one alone itself. */
const leaderIn = ({ leader, members = [], online = [] }: QueueView): string | undefined =>
  leader && online.includes(leader) && online.length > members.length / 2 ? leader : undefined;

/** The nodes that run, as one of them sees it. */
async function running(node: Member): Promise<string[] | undefined> {
  const seen = await ask<{ name: string; running: boolean }[]>(node, "nodes");
  return seen?.filter((other) => other.running).map(({ name }) => name);
}

const answers = ({ url }: Member): Promise<boolean> =>
  versionAt(url).then(
    () => true,
    () => false,
  );

/** What a node says, where it says something soon. */
const ask = <T>(node: Member, path: string): Promise<T | undefined> =>
  manage(node.managementUrl, "GET", path, undefined, { signal: AbortSignal.timeout(6000) }).then(
    (answer) => answer as T,
    () => undefined,
  );
