import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { arch, cpus, platform } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { brokers } from "./brokers.js";
import amqplib from "amqplib";
import Table from "cli-table3";
import { type ContestantName, contestants } from "./contestants.js";
import { EXCHANGE, QUEUE } from "./event.js";
import type { Cost } from "./hot-path.js";
import type { Run } from "./run.js";

const HELP = `Measures streamll beside its rivals on a real RabbitMQ, alternating in the same run.

  npm run bench -- [options]

  --events N     events a run (100000)
  --rounds N     runs of each contestant (5)
  --broker G     3.10 or 4, or an amqp:// URL (3.10)
  --memory N     events of the memory run (1000000; 0 leaves it out)
  --record       write the result to docs/benchmarks.md
  --help`;

const { values } = parseArgs({
  options: {
    events: { type: "string", default: "100000" },
    rounds: { type: "string", default: "5" },
    broker: { type: "string", default: "3.10" },
    memory: { type: "string", default: "1000000" },
    record: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const [events, rounds, memory] = [values.events, values.rounds, values.memory].map((value) => {
  const count = Number(value);
  if (!Number.isSafeInteger(count) || count < 0) throw new RangeError(`not a count: ${value}\n\n${HELP}`);
  return count;
}) as [number, number, number];

const names = Object.keys(contestants) as ContestantName[];
const { url, version } = await brokers(values.broker);

/** Each run is a process of its own: its CPU is the client's alone. */
function measured<T>(script: string, ...args: string[]): Promise<T> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", path, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (part: Buffer) => {
    output += part.toString();
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(JSON.parse(output) as T) : reject(new Error(`${script} ${args[0]}: exit ${code}`))));
  });
}

const connection = await amqplib.connect(url);
const channel = await connection.createChannel();
await channel.assertExchange(EXCHANGE, "topic", { durable: true });
await channel.assertQueue(QUEUE, { durable: true });
await channel.bindQueue(QUEUE, EXCHANGE, "bench.*.*");
await channel.purgeQueue(QUEUE);

/** Counts what arrived and empties the queue: a lost event is not a fast one. */
async function arrived(expected: number, who: string): Promise<void> {
  const { messageCount } = await channel.purgeQueue(QUEUE);
  if (messageCount !== expected) throw new Error(`${who}: ${messageCount} of ${expected} events arrived`);
}

const runs = new Map<ContestantName, Run[]>(names.map((name) => [name, []]));
for (let round = 0; round < rounds; round++) {
  // Another order each round: none is always the one after the slowest.
  for (const name of [...names.slice(round % names.length), ...names.slice(0, round % names.length)]) {
    const run = await measured<Run>("./run.ts", name, url, String(events));
    await arrived(events, name);
    runs.get(name)!.push(run);
    console.error(`round ${round + 1}/${rounds}  ${name.padEnd(10)} ${Math.round(run.eventsPerSecond)} events/s`);
  }
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const spread = (values: number[], digits = 0) =>
  `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)})`;
const ceiling = median(runs.get("replay")!.map((run) => run.eventsPerSecond));
const rival = median(runs.get("pipelined")!.map((run) => run.cpuMicros));

const head = ["", "events/s, median (spread)", "of the ceiling", "client CPU, µs an event", "of amqplib pipelined", "loop delay p99, ms"];
const rows = names.map((name) => {
  const mine = runs.get(name)!;
  const rate = mine.map((run) => run.eventsPerSecond);
  const cpu = mine.map((run) => run.cpuMicros);
  return [
    contestants[name].title,
    spread(rate),
    `${Math.round((100 * median(rate)) / ceiling)} %`,
    spread(cpu, 1),
    (median(cpu) / rival).toFixed(2),
    median(mine.map((run) => run.loopDelayP99Ms)).toFixed(1),
  ];
});
const table = new Table({ head });
table.push(...rows);
console.log(table.toString());

const hot = await measured<{ encode: Cost; handleEvent: Cost }[]>("./hot-path.ts");
const micros = (pick: (round: (typeof hot)[number]) => number) => median(hot.map(pick)) / 1000;
const cost = {
  encode: { median: micros((round) => round.encode.median), p99: micros((round) => round.encode.p99) },
  handleEvent: { median: micros((round) => round.handleEvent.median), p99: micros((round) => round.handleEvent.p99) },
};
const hotText =
  `\`handleEvent\` takes its caller ${cost.handleEvent.median.toFixed(2)} µs (median; p99 ${cost.handleEvent.p99.toFixed(2)}), ` +
  `\`JSON.stringify\` and \`Buffer.from\` of the same event alone ${cost.encode.median.toFixed(2)} µs (p99 ${cost.encode.p99.toFixed(2)}): ` +
  `${(cost.handleEvent.median - cost.encode.median).toFixed(2)} µs more, p99 ${(cost.handleEvent.p99 / cost.encode.p99).toFixed(1)} times. ` +
  "200,000 calls in a row with room for all, median of four rounds.";
console.log(hotText);

let memoryText = "";
if (memory > 0) {
  const { sent, stats, growthMiB } = await measured<{ sent: number; stats: number; growthMiB: number }>("./memory.ts", url, String(memory));
  await arrived(memory, "memory");
  if (stats !== memory) throw new Error(`${stats} of ${memory} events counted as sent (${sent} at stop)`);
  memoryText = `${memory.toLocaleString("en")} events through one sink: resident memory grew by ${growthMiB.toFixed(0)} MiB at most.`;
  console.log(memoryText);
}
await channel.deleteQueue(QUEUE);
await channel.deleteExchange(EXCHANGE);
await connection.close();

if (values.record) {
  const path = fileURLToPath(new URL("../../../docs/benchmarks.md", import.meta.url));
  const page = await readFile(path, "utf8");
  const [before, after] = [page.split("<!-- figures -->")[0], page.split("<!-- /figures -->")[1]];
  if (before === undefined || after === undefined) throw new Error("docs/benchmarks.md has lost its marks");
  const cpu = cpus()[0]?.model.trim() ?? "unknown";
  const lines = [
    `${new Date().toISOString().slice(0, 10)}, ${platform()} ${arch()}, ${cpus().length} cores (${cpu}), Node ${process.version}, RabbitMQ ${version}, amqplib 2.3; broker and client on one machine. ${events.toLocaleString("en")} events a run, ${rounds} rounds.`,
    "",
    `| ${head.join(" | ")} |`,
    `|${head.map(() => " --- ").join("|")}|`,
    ...rows.map((row) => `| ${row.join(" | ")} |`),
    "",
    hotText,
    "",
    memoryText,
  ];
  await writeFile(path, `${before}<!-- figures -->\n${lines.join("\n")}\n<!-- /figures -->${after}`);
}
process.exit(0);
