import { setImmediate } from "node:timers/promises";
import type { WireEvent } from "@streamll/core";
import { RabbitMQSink } from "@streamll/sink";
import { benchEvent, EXCHANGE, QUEUE, ROUTING_KEY } from "./event.js";

/** What the resident memory of a program grows by when it hands its events to a sink. */
export interface Memory {
  readonly events: number;
  /** Of the program that makes and encodes events, and throws them away. */
  readonly programMiB: number;
  readonly peakMiB: number;
  readonly growthMiB: number;
}

const [url, events, maxBufferedMiB] = process.argv.slice(2) as [string, string, string];
const count = Number(events);

let highest = 0;
/** Events are made anew here: making them is what gives the garbage collector its work in a program. */
async function hand(total: number, over: (event: WireEvent) => unknown): Promise<void> {
  for (let index = 0; index < total; index++) {
    const full = over(benchEvent(index));
    if (full !== undefined) await full;
    if (index % 500 === 499) {
      await setImmediate();
      highest = Math.max(highest, process.memoryUsage.rss());
    }
  }
}

// Whatever the program does with its events, V8 lets the young generation grow at first, and the old one until it has
// filled with what outlived the young one by chance: without a sink after some 900,000 of these events.
let bytes = 0;
await hand(count, (event) => {
  bytes += Buffer.byteLength(JSON.stringify(event));
});
if (bytes === 0) throw new Error("nothing was encoded");
const before = highest;

const sink = new RabbitMQSink({
  amqpUrl: url,
  exchange: EXCHANGE,
  queue: QUEUE,
  routingKey: ROUTING_KEY,
  maxBufferedBytes: `${Number(maxBufferedMiB)}MiB`,
  // Bytes are what bounds it.
  maxBufferedEvents: 10_000_000,
  flushTimeout: 300,
});
await sink.start();
await hand(count, (event) => (sink.handleEvent(event) ? undefined : untilTaken(event)));
await sink.flush();
highest = Math.max(highest, process.memoryUsage.rss());
await sink.stop();
const memory: Memory = {
  events: sink.stats().events_sent,
  programMiB: before / 2 ** 20,
  peakMiB: highest / 2 ** 20,
  growthMiB: (highest - before) / 2 ** 20,
};
process.stdout.write(JSON.stringify(memory));
process.exit(0);

async function untilTaken(event: WireEvent): Promise<void> {
  do await sink.ready();
  while (!sink.handleEvent(event));
}
