import { parseArgs } from "node:util";
import { interrupted } from "./interrupted.js";
import { startCluster } from "./start-cluster.js";

const HELP = `Starts a RabbitMQ 4 cluster of three nodes, and keeps it until Ctrl-C.

  pnpm cluster
  pnpm cluster --help`;

const { help } = parseArgs({ options: { help: { type: "boolean", default: false } } }).values;
if (help) {
  console.log(HELP);
  process.exit(0);
}
try {
  const { nodes, close } = await startCluster();
  for (const { name, version, url, tlsUrl, managementUrl } of nodes)
    console.log(`RabbitMQ ${version}  ${name}  ${url}  ${tlsUrl}  ${managementUrl}`);
  console.log("Ctrl-C stops them");
  await interrupted();
  await close();
} catch (error) {
  console.error(`cluster: ${(error as Error).message}`);
  process.exitCode = 1;
}
