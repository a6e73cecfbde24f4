import { readFileSync } from "node:fs";
import {
  monitorEventLoopDelay,
  type PerformanceEntry,
  PerformanceObserver,
  performance,
} from "node:perf_hooks";
import { setImmediate, setTimeout } from "node:timers/promises";
import { type FieldName, fields } from "./fields.js";
import { warmUpOf } from "./warm-up.js";

/** What one contestant took for one run, measured in a process of its own. */
export interface Run {
  readonly eventsPerSecond: number;
  /** User and system time of the client alone, microseconds an event. */
  readonly cpuMicros: number;
  /** What garbage collection keeps the main thread from its work, microseconds an event. */
  readonly gcMicros: number;
  /** Of {@link cpuMicros}, that of other threads, which help the garbage collector; NaN where the system does not say. */
  readonly helperMicros: number;
  readonly loopDelayP99Ms: number;
}

/** CPU of the main thread so far in microseconds, as Linux tells it: in hundredths of a second. */
function mainThread(): number {
  try {
    const stat = readFileSync(`/proc/self/task/${process.pid}/stat`, "utf8");
    // The name before them, in parentheses, may hold blanks.
    const [user, system] = stat.slice(stat.lastIndexOf(")")).split(" ").slice(12, 14).map(Number);
    return (user! + system!) * 10_000;
  } catch {
    return Number.NaN;
  }
}

const [field, name, url, events] = process.argv.slice(2) as [FieldName, string, string, string];
const count = Number(events);
const warmUp = warmUpOf(count);
const go = await fields[field][name]!.prepare(url, warmUp + count);
await go(0, warmUp);
const pauses: PerformanceEntry[] = [];
const collections = new PerformanceObserver((list) => pauses.push(...list.getEntries()));
collections.observe({ entryTypes: ["gc"] });
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
const cpu = process.cpuUsage();
const mainBefore = mainThread();
const startedAt = performance.now();
await go(warmUp, warmUp + count);
const endedAt = performance.now();
const { user, system } = process.cpuUsage(cpu);
const main = mainThread() - mainBefore;
// The last collection is told in a later turn of the event loop.
await setImmediate();
await setImmediate();
pauses.push(...collections.takeRecords());
const gcMs = pauses
  .filter(({ startTime }) => startTime >= startedAt && startTime < endedAt)
  .reduce((sum, { duration }) => sum + duration, 0);
const run: Run = {
  eventsPerSecond: (count / (endedAt - startedAt)) * 1000,
  cpuMicros: (user + system) / count,
  helperMicros: Math.max(0, user + system - main) / count,
  gcMicros: (gcMs * 1000) / count,
  loopDelayP99Ms: delay.percentile(99) / 1e6,
};
process.stdout.write(JSON.stringify(run));
// rabbitmq-client 5 writes its last acknowledgements after the last event was handled.
await setTimeout(200);
process.exit(0);
