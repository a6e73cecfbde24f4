import { setImmediate } from "node:timers/promises";
import { RabbitMQSink } from "@streamll/sink";
import { benchEvent, EXCHANGE, QUEUE, ROUTING_KEY } from "./event.js";

/** What the resident memory of a program grew by while so many events went through its sink. */
export interface Memory {
  readonly events: number;
  readonly maxBufferedEvents: number;
  readonly growthMiB: number;
}

const [url, ...numbers] = process.argv.slice(2) as [string, string, string];
/** A program that makes events faster than the broker takes them fills whatever buffer it has. */
const [count, maxBufferedEvents] = numbers.map(Number) as [number, number];
const sink = new RabbitMQSink({
  amqpUrl: url,
  exchange: EXCHANGE,
  queue: QUEUE,
  routingKey: ROUTING_KEY,
  maxBufferedEvents,
});
await sink.start();
const before = process.memoryUsage.rss();
let highest = before;
for (let index = 0; index < count; index++) {
  while (!sink.handleEvent(benchEvent(index))) await sink.ready();
  if (index % 500 === 499) {
    await setImmediate();
    highest = Math.max(highest, process.memoryUsage.rss());
  }
}
await sink.stop();
highest = Math.max(highest, process.memoryUsage.rss());
const memory: Memory = {
  events: sink.stats().events_sent,
  maxBufferedEvents,
  growthMiB: (highest - before) / 2 ** 20,
};
process.stdout.write(JSON.stringify(memory));
process.exit(0);
