import { type OwnBroker, startBroker, startCluster } from "@streamll/brokers";
import { markdownTable } from "@streamll/evidence";
import { ChildProgram } from "@streamll/harness";
import type { RabbitMQSinkOptions } from "@streamll/sink";
import type { PublisherSaid, PublisherSetup } from "./publisher.js";
import { count } from "./tables.js";

/** What something carries, filled by programs that publish as fast as `ready()` lets them. */
export interface Capacity {
  readonly title: string;
  readonly version: string;
  readonly processes: number;
  readonly eventsPerSecond: number;
  /** Of all the programs together, microseconds an event. */
  readonly cpuMicros: number;
}

interface Case {
  readonly title: string;
  readonly processes: number;
  readonly on?: "cluster";
  readonly options: RabbitMQSinkOptions;
}

const NAME = "capacity";
const queue = { exchange: NAME, queue: NAME, routingKey: "capacity" } as const;
/** Recipe 3 of the options page. */
const wide = { batchSize: 500, maxInFlight: 20_000 } as const;

const cases: readonly Case[] = [
  { title: "one classic queue", processes: 1, options: queue },
  { title: "one classic queue", processes: 2, options: queue },
  { title: "one quorum queue", processes: 1, options: { ...queue, queueType: "quorum" } },
  { title: "one stream", processes: 1, options: { stream: NAME, ...wide } },
  { title: "one stream", processes: 2, options: { stream: NAME, ...wide } },
  {
    title: "super stream of 3 partitions",
    processes: 1,
    options: { stream: NAME, superStreamPartitions: 3, ...wide },
  },
  {
    title: "super stream of 3 partitions",
    processes: 2,
    options: { stream: NAME, superStreamPartitions: 3, ...wide },
  },
  {
    title: "cluster of three nodes: one quorum queue",
    on: "cluster",
    processes: 1,
    options: { ...queue, queueType: "quorum" },
  },
  {
    title: "cluster of three nodes: one stream",
    on: "cluster",
    processes: 1,
    options: { stream: NAME, ...wide },
  },
  {
    title: "cluster of three nodes: super stream of 3 partitions",
    on: "cluster",
    processes: 2,
    options: { stream: NAME, superStreamPartitions: 3, ...wide },
  },
];

export async function capacities(
  seconds: number,
  generation: string,
  progress: (line: string) => void,
): Promise<Capacity[]> {
  const found: Capacity[] = [];
  for (const one of cases) {
    const { title, processes } = one;
    // A broker of its own for each: what the last one stored is no burden to the next.
    const capacity = await (one.on === "cluster"
      ? onCluster(one, seconds)
      : onBroker(one, seconds, generation));
    progress(`${title}, ${processes} processes: ${count(capacity.eventsPerSecond)} events/s`);
    found.push(capacity);
  }
  return found;
}

async function onBroker(one: Case, seconds: number, generation: string): Promise<Capacity> {
  const broker = await startBroker({ generation });
  try {
    return await measure(one, seconds, broker, [broker]);
  } finally {
    await broker.close();
  }
}

async function onCluster(one: Case, seconds: number): Promise<Capacity> {
  const cluster = await startCluster();
  try {
    return await measure(one, seconds, cluster.nodes[0]!, cluster.nodes);
  } finally {
    await cluster.close();
  }
}

async function measure(
  { title, processes, options }: Case,
  seconds: number,
  { version }: Pick<OwnBroker, "version">,
  nodes: readonly Pick<OwnBroker, "url" | "streamPort">[],
): Promise<Capacity> {
  const amqpUrl = nodes.map(({ url, streamPort }) =>
    options.stream === undefined ? url : `rabbitmq-stream://${new URL(url).hostname}:${streamPort}/`,
  );
  // Little more than is in flight: to fill a large buffer would count as work of the seconds that are measured.
  const maxBufferedEvents = 2 * (options.maxInFlight ?? 4096);
  const own = { amqpUrl, flushTimeout: 120, maxBufferedEvents };
  const setup: PublisherSetup = { options: { ...options, ...own }, seconds };
  const programs = Array.from({ length: processes }, () => publisher(setup));
  try {
    const said = await Promise.all(programs.map((program) => program.result));
    const eventsPerSecond = said.reduce((sum, one) => sum + one.sent / one.seconds, 0);
    const sent = said.reduce((sum, one) => sum + one.sent, 0);
    const cpu = said.reduce((sum, one) => sum + one.cpuMicros, 0);
    return { title, version, processes, eventsPerSecond, cpuMicros: cpu / sent };
  } finally {
    for (const { program } of programs) program[Symbol.dispose]();
  }
}

function publisher(setup: PublisherSetup) {
  const program = new ChildProgram<object, PublisherSaid>(new URL("publisher.ts", import.meta.url), setup);
  let said: PublisherSaid | undefined;
  program.onSaid = (result) => {
    said = result;
  };
  const result = (async () => {
    await program.until(() => said !== undefined, "the publisher's figures", (setup.seconds + 180) * 1000);
    await program.end();
    return said!;
  })();
  return { program, result };
}

export function capacityTable(all: readonly Capacity[]): string {
  const head = ["what", "processes that publish", "events/s confirmed", "CPU of the processes, µs an event"];
  const rows = all.map(({ title, processes, eventsPerSecond, cpuMicros }) => [
    title,
    String(processes),
    count(eventsPerSecond),
    cpuMicros.toFixed(1),
  ]);
  return markdownTable(head, rows);
}
