// Makes and stops sinks one after another, or loses the connection of one again and again, and tells what is left each time.
import { readdirSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { defaults } from "@streamll/harness/defaults";
import { RabbitMQSink, type RabbitMQSinkOptions } from "@streamll/sink";
import type { Remains } from "./leaks.js";

const [what, url, count] = process.argv.slice(2) as ["sinks" | "reconnects", string, string];
const times = Number(count);
const SAMPLES = 20;
const EVENTS = 10;

const options: RabbitMQSinkOptions = {
  ...defaults,
  amqpUrl: url,
  exchange: "leaks",
  queue: "leaks",
  queueArguments: { "x-max-length": 1000 },
  retryBackoffMs: 10,
  maxRetryBackoffMs: 20,
  logger: { debug() {}, info() {}, warn() {}, error() {} },
};
const gc = globalThis.gc;
if (gc === undefined) throw new Error("this runs with --expose-gc");
let done = 0;
if (what === "sinks") await oneAfterAnother();
else await againAndAgain();
process.disconnect();

async function oneAfterAnother(): Promise<void> {
  while (done < times) {
    const sink = new RabbitMQSink(options);
    handOver(sink);
    const { sent } = await sink.stop();
    if (sent !== EVENTS) throw new Error(`sink ${done} delivered ${sent} of ${EVENTS}`);
    await next();
  }
}

async function againAndAgain(): Promise<void> {
  const sink = new RabbitMQSink({ ...options, connectionPoolSize: 1 });
  let connected = () => {};
  const connection = () =>
    new Promise<void>((resolve) => {
      connected = resolve;
    });
  sink.on("connected", () => connected());
  const first = connection();
  await sink.start();
  await first;
  while (done < times) {
    handOver(sink);
    const again = connection();
    // While some are in flight.
    process.send?.("reset");
    await again;
    // Else they would be more and more.
    await sink.flush();
    await next();
  }
  const { sent } = await sink.stop();
  if (sent !== EVENTS * times) throw new Error(`${sent} of ${EVENTS * times} were delivered`);
}

function handOver(sink: RabbitMQSink): void {
  for (let index = 0; index < EVENTS; index++) sink.handleEvent({ event_type: "token", data: { index } });
}

async function next(): Promise<void> {
  done++;
  if (done % Math.max(1, Math.floor(times / SAMPLES)) === 0) process.send?.(await remains());
}

async function remains(): Promise<Remains> {
  for (let round = 0; round < 3; round++) {
    await setImmediate();
    gc!();
  }
  const report = process.report.getReport() as unknown as { readonly libuv: readonly unknown[] };
  return {
    done,
    heapBytes: process.memoryUsage().heapUsed,
    files: readdirSync("/dev/fd").length,
    handles: report.libuv.length,
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
    rssBytes: process.memoryUsage().rss,
  };
}
