import { parseArgs } from "node:util";
import Table from "cli-table3";
import { amqp10Contestants } from "./amqp10/contestants.js";
import { benchBroker } from "./broker.js";
import { measured } from "./child.js";
import { type Contestant, contestants, IN_FLIGHT } from "./contestants.js";
import { headOf, hotPathText, memoryText, rowsOf, SMALL_HEAP_MIB } from "./figures.js";
import type { HotPath } from "./hot-path.js";
import type { Memory } from "./memory.js";
import { benchQueue } from "./queue.js";
import { circumstances, record } from "./record.js";
import type { Run } from "./run.js";
import { streamContestants } from "./streams/contestants.js";
import { benchStream } from "./streams/stream.js";
import { STEP, WARM_UP } from "./warm-up.js";

const HELP = `Measures streamll beside its rivals on a real RabbitMQ, alternating in the same run.

  npm run bench -- [options]

  --events N     events a run, a multiple of 500 (100000); 20,000 go before them, unmeasured
  --rounds N     runs of each contestant (5)
  --streams      on a stream, on RabbitMQ 4 unless --broker says otherwise; beside rabbitmq-stream-js-client
  --amqp10       over AMQP 1.0, on RabbitMQ 4 unless --broker says otherwise; beside rhea
  --memory N     events of the run that watches memory (1000000; 0 leaves it out)
  --broker B     the beginning of a version, such as 3.10 or 4, or an amqp:// URL (3.10)
  --record       write the figures to docs/benchmarks.md
  --help`;

const { values } = parseArgs({
  options: {
    events: { type: "string", default: "100000" },
    rounds: { type: "string", default: "5" },
    memory: { type: "string", default: "1000000" },
    streams: { type: "boolean", default: false },
    amqp10: { type: "boolean", default: false },
    broker: { type: "string" },
    record: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

function count(name: "events" | "rounds" | "memory", least: number): number {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new RangeError(`--${name} is ${values[name]}; write a whole number from ${least} on`);
}

function eventsOfARun(): number {
  const events = count("events", STEP);
  if (events % STEP === 0) return events;
  throw new RangeError(`--events is ${events}; write a multiple of ${STEP}`);
}

if (values.help) console.log(HELP);
else if (values.streams) await benchStreams(eventsOfARun(), count("rounds", 1));
else if (values.amqp10) await benchAmqp10(eventsOfARun(), count("rounds", 1));
else await bench(eventsOfARun(), count("rounds", 1), count("memory", 0));

async function bench(events: number, rounds: number, memoryEvents: number): Promise<void> {
  await using broker = await benchBroker(values.broker ?? "3.10");
  await using queue = await benchQueue(broker.url);
  const runs = await race(contestants, broker.url, events, rounds, { after: queue.expect });
  const rows = shown(contestants, runs);
  const texts = [circumstances(queue.brokerVersion, events, rounds)];
  texts.push(hotPathText(await measured<HotPath[]>("./hot-path.ts")));
  if (memoryEvents > 0) {
    const watch = async (buffered: number, ...flags: string[]) => {
      const memory = await measured<Memory>(
        "./memory.ts",
        [broker.url, `${memoryEvents}`, `${buffered}`],
        flags,
      );
      await queue.expect(memoryEvents, "a run that watches memory");
      return memory;
    };
    const large = await watch(10_000);
    const small = await watch(10_000, `--max-old-space-size=${SMALL_HEAP_MIB}`);
    texts.push(memoryText(large, small, await watch(2 * IN_FLIGHT)));
  }
  console.log(texts.join("\n"));
  if (values.record) await record(headOf(contestants), rows, texts);
}

async function benchStreams(events: number, rounds: number): Promise<void> {
  await using broker = await benchBroker(values.broker ?? "4");
  if (broker.streamUrl === undefined) throw new Error("the stream port of a broker by URL is not known");
  await using stream = await benchStream(broker.url);
  const runs = await race(streamContestants, broker.streamUrl, events, rounds, {
    before: stream.clear,
    after: stream.expect,
  });
  const rows = shown(streamContestants, runs);
  const text = circumstances(stream.brokerVersion, events, rounds);
  console.log(text);
  if (values.record) await record(headOf(streamContestants), rows, [text], "streams");
}

async function benchAmqp10(events: number, rounds: number): Promise<void> {
  await using broker = await benchBroker(values.broker ?? "4");
  await using queue = await benchQueue(broker.url);
  const protocol = "amqp 1.0";
  const runs = await race(amqp10Contestants, broker.url, events, rounds, { after: queue.expect }, protocol);
  const rows = shown(amqp10Contestants, runs);
  const text = circumstances(queue.brokerVersion, events, rounds);
  console.log(text);
  if (values.record) await record(headOf(amqp10Contestants), rows, [text], "amqp10");
}

function shown(...[field, runs]: Parameters<typeof rowsOf>): string[][] {
  const rows = rowsOf(field, runs);
  const table = new Table({ head: headOf(field) });
  table.push(...rows);
  console.log(table.toString());
  return rows;
}

interface Umpire {
  before?(): Promise<void>;
  after(events: number, who: string): Promise<void>;
}

async function race<Name extends string>(
  field: Readonly<Record<Name, Contestant>>,
  url: string,
  events: number,
  rounds: number,
  umpire: Umpire,
  ...protocol: string[]
): Promise<Map<Name, Run[]>> {
  const names = Object.keys(field) as Name[];
  const runs = new Map<Name, Run[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    // Another one begins each round: none always comes after the slowest.
    const first = round % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      await umpire.before?.();
      const run = await measured<Run>("./run.ts", [name, url, String(events), ...protocol]);
      await umpire.after(WARM_UP + events, name);
      runs.get(name)!.push(run);
      const rate = Math.round(run.eventsPerSecond);
      console.error(`round ${round + 1}/${rounds}  ${name.padEnd(10)}  ${rate} events/s`);
    }
  }
  return runs;
}
