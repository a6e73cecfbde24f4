import { parseArgs } from "node:util";
import Table from "cli-table3";
import { benchBroker } from "./broker.js";
import { measured } from "./child.js";
import { type ContestantName, contestants } from "./contestants.js";
import { head, hotPathText, memoryText, rowsOf } from "./figures.js";
import type { HotPath } from "./hot-path.js";
import type { Memory } from "./memory.js";
import { benchQueue } from "./queue.js";
import { circumstances, record } from "./record.js";
import type { Run } from "./run.js";

const HELP = `Measures streamll beside its rivals on a real RabbitMQ, alternating in the same run.

  npm run bench -- [options]

  --events N     events a run (100000)
  --rounds N     runs of each contestant (5)
  --memory N     events of the run that watches memory (1000000; 0 leaves it out)
  --broker B     the beginning of a version, such as 3.10 or 4, or an amqp:// URL (3.10)
  --record       write the figures to docs/benchmarks.md
  --help`;

const { values } = parseArgs({
  options: {
    events: { type: "string", default: "100000" },
    rounds: { type: "string", default: "5" },
    memory: { type: "string", default: "1000000" },
    broker: { type: "string", default: "3.10" },
    record: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

function count(name: "events" | "rounds" | "memory", least: number): number {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new RangeError(`--${name} is ${values[name]}; write a whole number from ${least} on`);
}

if (values.help) console.log(HELP);
else await bench(count("events", 1), count("rounds", 1), count("memory", 0));

async function bench(events: number, rounds: number, memoryEvents: number): Promise<void> {
  await using broker = await benchBroker(values.broker);
  await using queue = await benchQueue(broker.url);
  const runs = await race(broker.url, events, rounds, queue.expect);
  const rows = rowsOf(runs);
  const table = new Table({ head });
  table.push(...rows);
  console.log(table.toString());

  const texts = [circumstances(queue.brokerVersion, events, rounds)];
  texts.push(hotPathText(await measured<HotPath[]>("./hot-path.ts")));
  if (memoryEvents > 0) {
    const memory = await measured<Memory>("./memory.ts", broker.url, String(memoryEvents));
    await queue.expect(memoryEvents, "the run that watches memory");
    texts.push(memoryText(memory));
  }
  console.log(texts.join("\n"));
  if (values.record) await record(head, rows, texts);
}

async function race(
  url: string,
  events: number,
  rounds: number,
  arrived: (events: number, who: string) => Promise<void>,
): Promise<Map<ContestantName, Run[]>> {
  const names = Object.keys(contestants) as ContestantName[];
  const runs = new Map<ContestantName, Run[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    // Another one begins each round: none always comes after the slowest.
    const first = round % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      const run = await measured<Run>("./run.ts", name, url, String(events));
      await arrived(events, name);
      runs.get(name)!.push(run);
      const rate = Math.round(run.eventsPerSecond);
      console.error(`round ${round + 1}/${rounds}  ${name.padEnd(9)}  ${rate} events/s`);
    }
  }
  return runs;
}
