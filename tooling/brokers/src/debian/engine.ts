import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../cache.js";
import { environmentOf } from "../configuration.js";
import type { Engine } from "../engine.js";
import { withLock } from "../lock.js";
import { run, succeeds } from "../run.js";
import { bound } from "./bound.js";
import { buildImages, imageOf, missing } from "./image.js";

const suites = ["bookworm", "trixie"];

const serve = `
mount -t proc proc "$0/proc"
mount --bind /dev "$0/dev"
mount --bind "$1" "$0/mnt"
exec chroot "$0" env "\${@:2}" rabbitmq-server`;

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
      // python3-pika reads back what the tests have sent: a client that shares nothing with ours.
      await install("debootstrap", "python3-pika");
      await buildImages(missing(suites));
    });
  },

  async create() {},
  async remove() {},

  serve(node) {
    const { release, folder } = node;
    return bound(folder, "bash", "-e", "-c", serve, imageOf(release), folder, path, ...environmentOf(node));
  },

  beside: (node, pid, command) => [
    ...["nsenter", "--target", String(pid), "--mount", `--pid=/proc/${pid}/ns/pid_for_children`],
    ...["chroot", imageOf(node.release), "env", path, ...environmentOf(node), ...command],
  ],
};

const isReady = () =>
  missing(suites).length === 0 &&
  existsSync("/usr/sbin/debootstrap") &&
  existsSync("/usr/lib/python3/dist-packages/pika");

async function install(...packages: string[]): Promise<void> {
  const command = [
    "apt-get",
    "install",
    "--yes",
    "--no-install-recommends",
    "-o",
    "DPkg::Lock::Timeout=600",
    ...packages,
  ];
  const quiet = { DEBIAN_FRONTEND: "noninteractive" };
  if (!(await succeeds(["apt-cache", "show", ...packages]))) await run(["apt-get", "update"], quiet);
  await run(command, quiet).catch(async () => {
    // Old lists name packages that the mirror has replaced.
    await run(["apt-get", "update"], quiet);
    await run(command, quiet);
  });
}
