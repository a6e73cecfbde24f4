// The host program: a process of its own, with a sink in it that is told what to do and tells all that it sees.
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import type { AnyEvent, LogFields, Problem, TransportError } from "@streamll/core";
import { type Failure, RabbitMQSink } from "@streamll/sink";
import { behaviourNamed, type Host } from "./behaviours.js";
import type { Command, LogLevel, Said, Setup } from "./messages.js";

const SAMPLE_MS = 50;

const {
  options,
  load,
  behaviour: behaviourName,
} = await new Promise<Setup>((resolve) => process.once("message", resolve));
const behaviour = behaviourNamed(behaviourName);
const { events = Number.POSITIVE_INFINITY, perSecond = 1000, executions = 50, textBytes = 200 } = load;
const text = "x".repeat(textBytes);

/** Ids of events beside the load begin here. */
const BESIDES = 1_000_000_000;

const refused: string[] = [];
const besides: string[] = [];
const failures: Record<string, string[]> = {};
let offered = 0;
let enough = false;
let stopping: Promise<unknown> | undefined;

process.on("uncaughtExceptionMonitor", (error) =>
  tell({ kind: "uncaught", text: String(error?.stack ?? error) }),
);
process.on("warning", ({ name, message }) => tell({ kind: "warning", text: `${name}: ${message}` }));

const log =
  (level: LogLevel) =>
  ({ line, code }: LogFields, message: string) => {
    const text = [level, line, code].filter((word) => word !== undefined).join(" ");
    tell({ kind: "log", text: `${text}: ${message}` });
  };

const host: Host = {
  get sink() {
    return sink;
  },
  offer() {
    const index = BESIDES + besides.length;
    const taken = sink.handleEvent({ ...ordinaryEvent(index), execution_id: "beside the load" });
    if (taken) besides.push(String(index));
    return taken;
  },
  stop,
  note: (text) => tell({ kind: "log", text }),
};
const sink: RabbitMQSink = new RabbitMQSink({
  ...options,
  logger: { debug() {}, info: log("info"), warn: log("warn"), error: log("error") },
  ...behaviour.options?.(host),
});
for (const name of ["connected", "disconnected", "blocked", "unblocked", "problem", "solved"] as const) {
  sink.on(name, (...[info = {}]: readonly object[]) => {
    const { error, ...own } = info as { readonly error?: TransportError } & Partial<Problem>;
    const { code = "", message = "" } = error ?? own;
    tell({ kind: "event", name, text: `${code} ${message}`, hadError: error !== undefined });
  });
}
sink.on("failed", noteFailure);
sink.on("dropped", noteFailure);
setInterval(sample, SAMPLE_MS).unref();
process.on("message", (command: Command) => obey(command));
behaviour.made?.(host);
tell({ kind: "made" });

function obey(command: Command): void {
  if (command.do === "start") {
    sink.start().then(
      () => tell({ kind: "started" }),
      (error) => tell({ kind: "start-failed", text: `${error.code} ${error.message}` }),
    );
  } else if (command.do === "load") void handOver();
  else if (command.do === "enough") enough = true;
  else if (command.do === "flush") void sink.flush().then((report) => tell({ kind: "flushed", report }));
  else if (command.do === "stop") void stop();
  else if (command.do === "block") {
    const end = performance.now() + command.ms;
    while (performance.now() < end);
  }
}

async function handOver(): Promise<void> {
  const startedAt = performance.now();
  for (; offered < events && !enough && stopping === undefined; offered++) {
    const ahead = perSecond === 0 ? 0 : (offered / perSecond) * 1000 - (performance.now() - startedAt);
    if (ahead > 5) await sleep(ahead);
    else if (offered % 100 === 99) await setImmediate();
    const event = eventAt(offered);
    if (sink.handleEvent(event)) continue;
    await sink.ready();
    // Stopped meanwhile: it was not offered at all.
    if (stopping !== undefined) break;
    if (!sink.handleEvent(event)) refused.push(String(offered));
  }
  tell({ kind: "loaded" });
}

function eventAt(index: number): AnyEvent {
  const ordinary = ordinaryEvent(index);
  return behaviour.event?.(ordinary, index) ?? ordinary;
}

function ordinaryEvent(index: number): AnyEvent {
  return {
    event_id: String(index),
    execution_id: `execution-${index % executions}`,
    event_type: "token",
    module_name: "Faults",
    data: { index, text },
  };
}

function noteFailure({ event, code }: Failure): void {
  failures[code] ??= [];
  failures[code].push(event.eventId);
}

function stop(): Promise<unknown> {
  stopping ??= sink.stop().then(async (report) => {
    sample();
    await tell({ kind: "stopped", report, stats: sink.stats(), offered, besides, refused, failures });
    // From here on nothing but what the sink left behind keeps the process alive.
    process.disconnect?.();
  });
  return stopping;
}

function sample(): void {
  const accepted = offered - refused.length + besides.length;
  const heapBytes = process.memoryUsage().heapUsed;
  const wallClock = Date.now();
  tell({ kind: "sample", accepted, stats: sink.stats(), health: sink.health(), heapBytes, wallClock });
}

/** Resolves when it is on its way: what is long would get lost by an end before. */
function tell(said: Said): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(said, undefined, undefined, () => resolve());
    else resolve();
  });
}
