import { parseArgs } from "node:util";
import { brokerOf } from "./broker.js";
import { interrupted } from "./interrupted.js";
import { announce, claimList, runningBrokers } from "./running.js";
import { startBrokers } from "./start.js";

const HELP = `Starts the brokers for tests, two of each generation, and keeps them until Ctrl-C: test runs find and use them.

  pnpm brokers
  pnpm brokers --help`;

const { help } = parseArgs({ options: { help: { type: "boolean", default: false } } }).values;
if (help) {
  console.log(HELP);
  process.exit(0);
}
const release = await claimList();
if (!release) {
  const running = await runningBrokers();
  console.log(running ? "already running:" : "another `pnpm brokers` is about to start or stop them");
  show(running ?? []);
} else {
  const { all, close } = await startBrokers("all", 2);
  const withdraw = announce(all);
  show(all);
  console.log("Ctrl-C stops them");
  await interrupted();
  withdraw();
  await close();
  await release();
}

function show(all: Parameters<typeof announce>[0]): void {
  for (const { version, url, tlsUrl, managementUrl, streamPort } of all.map(brokerOf)) {
    const streamUrl = `rabbitmq-stream://127.0.0.1:${streamPort}/`;
    console.log(`RabbitMQ ${version}  ${[url, tlsUrl, streamUrl, managementUrl].join("  ")}`);
  }
}
