import { parseArgs } from "node:util";
import { brokerOf } from "./broker.js";
import { interrupted } from "./interrupted.js";
import { announce, claimList, runningBrokers } from "./running.js";
import { fetchBrokers, startBrokers } from "./start.js";

const HELP = `Starts the brokers for tests, two of each generation, and keeps them until Ctrl-C: test runs find and use them.

  pnpm brokers
  pnpm brokers --fetch   only fetches what they are made of, where this machine does not have it yet
  pnpm brokers --help`;

const flag = { type: "boolean", default: false } as const;
const { help, fetch } = parseArgs({ options: { help: flag, fetch: flag } }).values;
if (help) {
  console.log(HELP);
  process.exit(0);
}
if (fetch) {
  const problem = await fetchBrokers().catch((error: Error) => error.message);
  if (problem) console.error(`brokers: ${problem}`);
  process.exit(problem ? 1 : 0);
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
