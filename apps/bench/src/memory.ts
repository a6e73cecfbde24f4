import { RabbitMQSink } from "@streamll/sink";
import { benchEvent, EXCHANGE, QUEUE } from "./event.js";

const [url, events] = process.argv.slice(2) as [string, string];
const count = Number(events);
const sink = new RabbitMQSink({ amqpUrl: url, exchange: EXCHANGE, queue: QUEUE, routingKey: "bench.{module_name}.{event_type}" });
await sink.start();
const before = process.memoryUsage.rss();
let highest = before;
for (let index = 0; index < count; index++) {
  if (!sink.handleEvent(benchEvent(index))) {
    await sink.ready();
    index--;
  } else if (index % 500 === 0) {
    // A program that makes events does something else in between; without it nothing could be sent meanwhile.
    await new Promise((resolve) => setImmediate(resolve));
    highest = Math.max(highest, process.memoryUsage.rss());
  }
}
const report = await sink.stop();
highest = Math.max(highest, process.memoryUsage.rss());
process.stdout.write(JSON.stringify({ sent: report.sent, stats: sink.stats().events_sent, growthMiB: (highest - before) / 2 ** 20 }));
process.exit(0);
