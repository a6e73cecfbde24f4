import { basename } from "node:path";
import { environmentOf } from "../configuration.js";
import type { Engine } from "../engine.js";
import type { Node } from "../node.js";
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

export const docker: Engine = {
  name: "docker",
  listen: "0.0.0.0",
  releases: images,

  async prepare() {
    for (const image of images) {
      if (await succeeds(["docker", "image", "inspect", image])) continue;
      console.error(`brokers: pulling ${image}`);
      await run(["docker", "pull", "--quiet", image]);
    }
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
    await run(["docker", "create", ...container, ...ports, ...settings, node.release]);
  },

  async remove(node) {
    await run(["docker", "rm", "--force", "--volumes", containerOf(node)]);
  },

  serve: (node) => ["sh", "-c", serve, containerOf(node), node.folder],
  beside: (node, _pid, command) => ["docker", "exec", containerOf(node), ...command],
};
