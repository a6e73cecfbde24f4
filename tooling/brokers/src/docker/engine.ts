import { randomUUID } from "node:crypto";
import { basename } from "node:path";
import { environmentOf } from "../configuration.js";
import type { Engine } from "../engine.js";
import { startHolder } from "../holder.js";
import { addressesIn } from "../network.js";
import type { Node } from "../node-data.js";
import { progress } from "../progress.js";
import { run, succeeds } from "../run.js";

const images = ["rabbitmq:3.10-management", "rabbitmq:4-management"];

const containerOf = ({ folder }: Node) => basename(folder);

// Its end is the container's, or that of its standard input: then nobody is left to own the container. What tidies up
// then takes no more SIGTERM, so the end of the broker, which it brings about, ends it only while it still waits.
const serve = `
exec 3<&0 </dev/null
docker start --attach "$0" 3<&- & broker=$!
(read -r _ <&3; trap "" TERM; docker rm --force --volumes "$0" >/dev/null; rm -rf "$1") & watcher=$!
wait $broker
kill -TERM $watcher
wait $watcher`;

const holdNetwork = `
for subnet in $(seq 0 255); do
  docker network create --internal --subnet "198.18.$subnet.0/24" --gateway "198.18.$subnet.254" "$0" >/dev/null && break
done
docker network inspect "$0" >/dev/null || exit
echo "198.18.$subnet"
cat >/dev/null
# Not while a container of it is about to be removed.
for _ in 1 2 3 4 5 6 7 8 9 10; do docker network rm "$0" >/dev/null 2>&1 && exit; sleep 1; done`;

const join = (node: Node) => {
  const { network, name } = node.seat!;
  return run(["docker", "network", "connect", "--ip", network.peers[name]!, network.id, containerOf(node)]);
};

const isInside = async (node: Node) =>
  (
    await run(["docker", "inspect", "--format", "{{json .NetworkSettings.Networks}}", containerOf(node)])
  ).includes(node.seat!.network.id);

export const docker: Engine = {
  name: "docker",
  listen: "0.0.0.0",
  releases: images,

  async prepare() {
    for (const image of images) {
      if (await succeeds(["docker", "image", "inspect", image])) continue;
      console.error(`brokers: pulling ${image}`);
      await run(["docker", "pull", image], undefined, progress(image));
    }
  },

  async versionOf(image) {
    const format = "{{range .Config.Env}}{{println .}}{{end}}";
    const environment = await run(["docker", "image", "inspect", "--format", format, image]);
    return /^RABBITMQ_VERSION=(.+)$/m.exec(environment)![1]!;
  },

  async create(node) {
    const { amqp, amqps, management, stream } = node.ports;
    const ports = [amqp, amqps, management, stream].flatMap((port) => [
      "--publish",
      `127.0.0.1:${port}:${port}`,
    ]);
    const settings = environmentOf(node).flatMap((setting) => ["--env", setting]);
    const user = `${process.getuid?.()}:${process.getgid?.()}`;
    const container = ["--name", containerOf(node), "--user", user, "--volume", `${node.folder}:/mnt`];
    // Docker's name server forgets a node that is cut off, and the others would wait for it.
    const peers = Object.entries(node.seat?.network.peers ?? {}).map(
      (peer) => `--add-host=${peer.join(":")}`,
    );
    await run(["docker", "create", ...container, ...peers, ...ports, ...settings, node.release]);
    if (node.seat) await join(node);
  },

  async remove(node) {
    await run(["docker", "rm", "--force", "--volumes", containerOf(node)]);
  },

  serve: (node) => ["sh", "-c", serve, containerOf(node), node.folder],
  beside: (node, _pid, command) => ["docker", "exec", containerOf(node), ...command],

  async createNetwork(names) {
    const id = `streamll-${randomUUID()}`;
    const { said, release } = await startHolder(["sh", "-c", holdNetwork, id]);
    const addresses = Object.fromEntries(names.map((name) => [name, "127.0.0.1"]));
    return { network: { id, peers: addressesIn(said, names), addresses }, release };
  },

  // Clients come through ports that are published from Docker's own network, which every container is in too.
  async isolate(node) {
    if (await isInside(node))
      await run(["docker", "network", "disconnect", node.seat!.network.id, containerOf(node)]);
  },

  async rejoin(nodes) {
    for (const node of nodes) if (!(await isInside(node))) await join(node);
  },
};
