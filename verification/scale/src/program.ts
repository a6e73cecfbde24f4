// A process with many sinks under an even load, which tells when each of them connects.
import { setTimeout as sleep } from "node:timers/promises";
import { BrokerSink } from "@streamll/sink";
import { type FleetCommand, type FleetSaid, type FleetSetup, idOf } from "./messages.js";

const SAMPLE_MS = 250;

class SinkWithoutJitter extends BrokerSink {
  protected static override readonly random = () => 1;
}

const { place, sinks, perSecond, options, jitter } = await new Promise<FleetSetup>((resolve) =>
  process.once("message", resolve),
);
const text = "x".repeat(100);
const accepted: number[] = Array.from({ length: sinks }, () => 0);
let loading = false;
let undelivered = 0;

const Sink = jitter ? BrokerSink : SinkWithoutJitter;
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const all = Array.from({ length: sinks }, (_, number) => {
  const sink = new Sink({ ...options, logger: silent });
  for (const kind of ["connected", "disconnected"] as const)
    sink.on(kind, () => tell({ kind, sink: number, at: Date.now() }));
  for (const name of ["failed", "dropped"] as const) sink.on(name, () => undelivered++);
  // A broker that cannot be reached is tried again; what does not heal shows in the end.
  sink.start().catch(() => {});
  return sink;
});
setInterval(sample, SAMPLE_MS).unref();
process.on("message", (command: FleetCommand) => void obey(command));

async function obey(command: FleetCommand): Promise<void> {
  if (command.do === "load") await load();
  else if (command.do === "enough") loading = false;
  else {
    await Promise.all(all.map((sink) => sink.stop()));
    await tell({ kind: "stopped", accepted, undelivered });
    process.disconnect?.();
  }
}

/** Each sink in turn, at an even pace. */
async function load(): Promise<void> {
  loading = true;
  const startedAt = performance.now();
  for (let handed = 0; loading; ) {
    const due = Math.floor(((performance.now() - startedAt) / 1000) * perSecond);
    for (; handed < due; handed++) {
      const number = handed % sinks;
      // No room means that the buffer's bound holds; an event that was not taken is not counted.
      if (all[number]!.handleEvent(eventOf(number))) accepted[number]!++;
    }
    await sleep(20);
  }
}

const eventOf = (number: number) => ({
  event_id: idOf(place, number, accepted[number]!),
  execution_id: `${place}-${number}`,
  event_type: "token",
  module_name: "Scale",
  data: { text },
});

function sample(): void {
  const stats = all.map((sink) => sink.stats());
  const pending = stats.reduce((sum, one) => sum + one.events_buffered + one.events_in_flight, 0);
  const reasons: Record<string, number> = {};
  let connected = 0;
  for (const { status, circuitState, lastError } of all.map((sink) => sink.health())) {
    if (status === "up") connected++;
    else {
      // Without ports and times, which differ from sink to sink.
      const reason = `circuit ${circuitState}, ${lastError?.message.replaceAll(/\d+/g, "N").slice(0, 90) ?? "no error"}`;
      reasons[reason] = (reasons[reason] ?? 0) + 1;
    }
  }
  tell({ kind: "sample", pending, connected, reasons });
}

function tell(said: FleetSaid): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(said, undefined, undefined, () => resolve());
    else resolve();
  });
}
