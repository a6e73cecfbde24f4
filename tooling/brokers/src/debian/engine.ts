import { existsSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder } from "../cache.js";
import { environmentOf } from "../configuration.js";
import type { Engine } from "../engine.js";
import { withLock } from "../lock.js";
import { bound } from "./bound.js";
import { buildImages, imageOf, missing } from "./image.js";
import { createNetwork, hostsOf, inNamespace, isolate, rejoin } from "./network.js";
import { install } from "./packages.js";

/** Of others, such as forky with RabbitMQ 4.3, the images are made when they are first asked for. */
const suites = process.env.STREAMLL_TEST_SUITES?.split(",") ?? ["bookworm", "trixie"];

const serve = `
mount -t proc proc "$0/proc"
mount --bind /dev "$0/dev"
mount --bind "$1" "$0/mnt"
mount --bind "$1/hosts" "$0/etc/hosts"
exec chroot "$0" env "\${@:2}" rabbitmq-server`;

const server = "rabbitmq_server-";
const path = "PATH=/usr/lib/rabbitmq/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Debian's own packages, each release in an image of its suite: the machine itself gets no RabbitMQ. */
export const debian: Engine = {
  name: "debian",
  listen: "127.0.0.1",
  releases: suites,

  async prepare() {
    if (isReady()) return;
    await withLock(join(cacheFolder(), "lock"), async () => {
      if (isReady()) return;
      console.error("brokers: fetching RabbitMQ from Debian, which takes a minute or two, once");
      // These read back what the tests have sent: clients that share nothing with ours.
      await install("debootstrap", "python3-pika", "python3-qpid-proton");
      await buildImages(missing(suites));
    });
  },

  async versionOf(release) {
    const folders = await readdir(join(imageOf(release), "usr/lib/rabbitmq/lib"));
    return folders.find((name) => name.startsWith(server))!.slice(server.length);
  },

  async create({ folder, seat }) {
    await writeFile(join(folder, "hosts"), `127.0.0.1 localhost\n${seat ? hostsOf(seat) : ""}`);
  },

  async remove() {},

  serve(node) {
    const { release, folder, seat } = node;
    const command = ["bash", "-e", "-c", serve, imageOf(release), folder, path, ...environmentOf(node)];
    return [...(seat ? inNamespace(seat) : []), ...bound(folder, ...command)];
  },

  beside: (node, pid, command) => [
    ...["nsenter", "--target", String(pid), "--mount", "--net", `--pid=/proc/${pid}/ns/pid_for_children`],
    ...["chroot", imageOf(node.release), "env", path, ...environmentOf(node), ...command],
  ],

  createNetwork,
  isolate: ({ seat }) => isolate(seat!),
  rejoin: ([node]) => rejoin(node!.seat!.network),
};

const isReady = () =>
  missing(suites).length === 0 &&
  existsSync("/usr/sbin/debootstrap") &&
  ["pika", "proton"].every((name) => existsSync(`/usr/lib/python3/dist-packages/${name}`));
