import { spawn } from "node:child_process";
import { once } from "node:events";
import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { engineOfThisMachine } from "../src/engines.js";
import { versionAt } from "../src/handshake.js";
import {
  brokersForTests,
  type Cluster,
  type Member,
  openChannel,
  openConnection,
  startCluster,
} from "../src/index.js";

const WAIT = { timeout: 60_000, interval: 50 };
const { owned } = brokersForTests()[0]!;
const namespaces = owned && (await engineOfThisMachine()).name === "debian";

describe("a cluster of three nodes", { skip: !owned }, () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
    await using channel = await openChannel(cluster.urls[0]!);
    await channel.assertQueue("quorum", { arguments: { "x-queue-type": "quorum" } });
  });
  afterAll(() => cluster?.close());

  const leaderAfter = async (old: Member) => {
    await vi.waitUntil(async () => (await cluster.leaderOf("quorum")).name !== old.name, WAIT);
  };

  it("has an address for each, over which clients come, also with TLS", async () => {
    expect(new Set(cluster.urls).size).toBe(3);
    for (const { url, tlsUrl, ca, version } of cluster.nodes) {
      expect(await versionAt(url)).toBe(version);
      const connection = await openConnection(tlsUrl, { ca: [ca] });
      await connection.close();
    }
  });

  // With Docker a node that is cut off takes half a minute to pause; `whole()` may take two.
  it("loses a node to a partition, though not for clients, and gets it back", {
    timeout: 240_000,
  }, async () => {
    const leader = await cluster.leaderOf("quorum");
    await cluster.partition(leader);
    expect(await versionAt(leader.url)).toBe(leader.version);
    await leaderAfter(leader);
    await cluster.parted(leader);
    await cluster.heal();
    await cluster.whole();
  });

  it("has another leader when that one is killed, and takes the node back", async () => {
    const leader = await cluster.leaderOf("quorum");
    await leader.kill();
    await expect(versionAt(leader.url)).rejects.toThrow("ECONNREFUSED");
    await leaderAfter(leader);
    await leader.start();
    await cluster.whole();
  });
});

describe("the network of a starter that is killed", { skip: !namespaces }, () => {
  it("goes with it", async () => {
    const script = `
      import { createNetwork } from ${JSON.stringify(import.meta.resolve("../src/debian/network.ts"))};
      console.log((await createNetwork(["node1"])).network.addresses.node1);
      setInterval(() => {}, 1000);`;
    const starter = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script]);
    starter.stderr.pipe(process.stderr);
    const [said] = await once(starter.stdout, "data");
    const own = String(said).replace(/\.1\n$/, ".254");
    const isThere = () =>
      Object.values(networkInterfaces()).some((addresses) =>
        addresses?.some(({ address }) => address === own),
      );
    expect(isThere()).toBe(true);
    starter.kill("SIGKILL");
    await vi.waitUntil(() => !isThere(), WAIT);
  });
});
