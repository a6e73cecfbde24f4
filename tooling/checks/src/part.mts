import { readFileSync, rmSync } from "node:fs";
import { startBroker } from "/work/wt/realms/tooling/brokers/src/index.js";
import { tryBundlers } from "/work/wt/realms/tooling/checks/src/smoke/bundles.js";
import { errandsTo, refusalsBy } from "/work/wt/realms/tooling/checks/src/smoke/errands.js";
import { tryRuntimes } from "/work/wt/realms/tooling/checks/src/smoke/runtimes.js";

const names = [
  "core",
  "sink",
  "transport-memory",
  "transport-amqp091",
  "transport-amqp10",
  "transport-streams",
];
const packed = names.map((n) => ({
  folder: "",
  tarball: `/tmp/packed/streamll-${n}.tgz`,
  manifest: { name: "@streamll/" + n },
}));
const broker = await startBroker({ generation: "4" });
rmSync("/tmp/elsewhere", { recursive: true, force: true });
try {
  const t = Date.now();
  if (process.env.RT) await tryRuntimes(packed, errandsTo(broker), refusalsBy(broker), "/tmp/tools");
  console.log("runtimes", Date.now() - t);
  await tryBundlers(packed, errandsTo(broker), { tools: "/tmp/tools", elsewhere: "/tmp/elsewhere" });
  console.log("all", Date.now() - t);
} finally {
  await broker.close();
}
