import { once } from "node:events";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as pause, setImmediate } from "node:timers/promises";
import { RabbitMQSink } from "@streamll/sink";
import { executionOf } from "./messages.js";
import type { Outage, OutageSeen } from "./outage.js";

const { url, name, plainName, directory, events, perSecond, meanwhile } = JSON.parse(
  process.argv[2]!,
) as Outage;
const TICK_MS = 5;
const PLAIN = 1_000_000;
const text = "x".repeat(100);
const event = (index: number) => ({
  eventType: "token",
  executionId: executionOf(index),
  data: { index, text },
});
const options = { amqpUrl: url, batchSize: 500, maxInFlight: 20_000, flushTimeout: 120 } as const;
const sizeOf = (path: string): number =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);

let rssBytes = 0;
const watch = setInterval(() => {
  rssBytes = Math.max(rssBytes, process.memoryUsage.rss());
}, 100);

/** Offers events at a rate until `isOver`, and returns how many. */
async function paced(sink: RabbitMQSink, from: number, rate: number, isOver: (offered: number) => boolean) {
  const startedAt = performance.now();
  let offered = 0;
  while (!isOver(offered)) {
    const due = Math.floor(((performance.now() - startedAt) / 1000) * rate);
    for (; offered < due && !isOver(offered); offered++)
      while (!sink.handleEvent(event(from + offered))) await sink.ready();
    await pause(TICK_MS);
  }
  return offered;
}

const sink = new RabbitMQSink({ ...options, stream: name, spool: { directory, maxBytes: "16GiB" } });
await sink.start();
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
const fillingAt = performance.now();
await paced(sink, 0, perSecond, (offered) => offered === events);
await sink.spooled();
const fillSeconds = (performance.now() - fillingAt) / 1000;
const diskBytes = sizeOf(directory);
const filling = { rssBytes, delayP99Ms: delay.percentile(99) / 1e6, delayMaxMs: delay.max / 1e6 };
delay.reset();
rssBytes = 0;
console.log("filled");
// The broker comes up.
await once(process.stdin, "data");

let drainingAt = 0;
let drainedAt = 0;
const added = await paced(sink, events, meanwhile, () => {
  if (drainingAt === 0 && sink.stats().events_sent > 0) drainingAt = performance.now();
  // What is under way are new ones.
  if (drainedAt === 0 && sink.health().spooled === 0 && drainingAt > 0) drainedAt = performance.now();
  return drainedAt > 0;
});
const drained = sink.stats().events_sent;
const draining = { rssBytes, delayP99Ms: delay.percentile(99) / 1e6, delayMaxMs: delay.max / 1e6 };
const report = await sink.stop();
const { events_spool_lost = 0 } = sink.stats();

const plain = new RabbitMQSink({ ...options, stream: plainName });
await plain.start();
const plainAt = performance.now();
for (let index = 0; index < PLAIN; index++) {
  while (!plain.handleEvent(event(index))) await plain.ready();
  if (index % 500 === 499) await setImmediate();
}
await plain.flush();
const plainRate = (PLAIN / (performance.now() - plainAt)) * 1000;
await plain.stop();
clearInterval(watch);
const seen: OutageSeen = {
  ...{ fillSeconds, diskBytes, filling, draining, plainRate },
  accepted: events + added,
  drainSeconds: (drainedAt - drainingAt) / 1000,
  drainRate: (drained / (drainedAt - drainingAt)) * 1000,
  sent: report.sent,
  notSent: report.failed + report.dropped + report.pending + (report.spooled ?? 0) + events_spool_lost,
  leftBytes: sizeOf(directory),
};
console.log(JSON.stringify(seen));
process.exit(0);
