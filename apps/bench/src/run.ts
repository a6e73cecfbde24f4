import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { amqp10Contestants } from "./amqp10/contestants.js";
import { type Contestant, contestants } from "./contestants.js";
import { streamContestants } from "./streams/contestants.js";
import { WARM_UP } from "./warm-up.js";

/** What one contestant took for one run, measured in a process of its own. */
export interface Run {
  readonly eventsPerSecond: number;
  /** User and system time of the client alone, microseconds an event. */
  readonly cpuMicros: number;
  readonly loopDelayP99Ms: number;
}

const fields: Readonly<Record<string, Readonly<Record<string, Contestant>>>> = {
  "amqp:": contestants,
  "amqp 1.0": amqp10Contestants,
  "rabbitmq-stream:": streamContestants,
};

const [name, url, events, protocol = new URL(url).protocol] = process.argv.slice(2) as [
  string,
  string,
  string,
];
const count = Number(events);
const go = await fields[protocol]![name]!.prepare(url, WARM_UP + count);
await go(0, WARM_UP);
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
const cpu = process.cpuUsage();
const startedAt = performance.now();
await go(WARM_UP, WARM_UP + count);
const seconds = (performance.now() - startedAt) / 1000;
const { user, system } = process.cpuUsage(cpu);
const run: Run = {
  eventsPerSecond: count / seconds,
  cpuMicros: (user + system) / count,
  loopDelayP99Ms: delay.percentile(99) / 1e6,
};
process.stdout.write(JSON.stringify(run));
process.exit(0);
