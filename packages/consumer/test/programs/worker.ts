// A consumer that writes down what it has handled, in a process that an event may end.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { type DedupStore, EventConsumer, type EventConsumerOptions } from "@streamll/consumer";
import { silentLogger, stopOnSignals } from "@streamll/core";

export interface Work {
  readonly options: EventConsumerOptions;
  /** The numbers of events that were handled, a line each. */
  readonly file: string;
  /** Milliseconds of each handler. */
  readonly takes: number;
  /** Deliveries of what comes again are counted beside the file, for a queue that does not count. */
  readonly counts?: boolean;
}

const { options, file, takes, counts } = JSON.parse(process.argv[2]!) as Work;

/** Counts on the disk; each event may be done again. */
function counting(): DedupStore {
  const path = `${file}.counts`;
  const known: Record<string, number> = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
  return {
    has: () => false,
    add() {},
    deliveries(id) {
      known[id] = (known[id] ?? 0) + 1;
      writeFileSync(path, JSON.stringify(known));
      return known[id];
    },
  };
}

const consumer = new EventConsumer({
  ...options,
  logger: silentLogger,
  ...(counts && { dedup: counting() }),
  async handle({ data }) {
    if (data.n === "poison") process.kill(process.pid, "SIGKILL");
    if (takes > 0) await new Promise((resolve) => setTimeout(resolve, takes));
    appendFileSync(file, `${data.n}\n`);
  },
});
stopOnSignals({
  async stop() {
    const received = consumer.stats().events_received;
    const { durationMs, handled } = await consumer.stop();
    const late = consumer.stats().events_received - received;
    console.log(JSON.stringify({ durationMs, handled, late }));
  },
});
await consumer.start();
console.log("started");
