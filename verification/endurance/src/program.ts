// The host program of long runs: a process with several sinks under load, which tells what they say.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import type { AnyEvent, LogFields, Problem, TransportError } from "@streamll/core";
import { type Failure, RabbitMQSink } from "@streamll/sink";
import {
  executionOf,
  type LongCommand,
  type LongSaid,
  type LongSetup,
  type LoopDelay,
  type SinkSetup,
} from "./messages.js";

const SAMPLE_MS = 250;
/** What could not be handed over in time is made up for, up to so much of it. */
const BEHIND_MS = 1000;

const { sinks: setups, events = Number.POSITIVE_INFINITY } = await new Promise<LongSetup>((resolve) =>
  process.once("message", resolve),
);
const text = "x".repeat(100);
const delay = monitorEventLoopDelay({ resolution: 5 });
let perSecond = 0;
let stopping = false;
let rssMaxBytes = 0;

process.on("uncaughtExceptionMonitor", (error) =>
  tell({ kind: "uncaught", text: String(error?.stack ?? error) }),
);
process.on("warning", ({ name, message }) => tell({ kind: "warning", text: `${name}: ${message}` }));

/** A sink under load. Its events are numbered from 0 on. */
class Source {
  readonly sink: RabbitMQSink;
  accepted = 0;
  readonly #place: number;
  readonly #setup: SinkSetup;
  #unsent: Record<string, number[]> = {};

  constructor(setup: SinkSetup, place: number) {
    this.#setup = setup;
    this.#place = place;
    const log = ({ line, code }: LogFields, message: string) =>
      tell({ kind: "log", sink: place, text: `${[line, code].filter(Boolean).join(" ")}: ${message}` });
    this.sink = new RabbitMQSink({
      ...setup.options,
      logger: { debug() {}, info() {}, warn: log, error: log },
    });
    for (const name of ["connected", "disconnected", "blocked", "unblocked", "problem", "solved"] as const) {
      this.sink.on(name, (...[info = {}]: readonly object[]) => {
        const { error, ...own } = info as { readonly error?: TransportError } & Partial<Problem>;
        const { code = "", message = "" } = error ?? own;
        tell({ kind: "event", sink: place, name, text: `${code} ${message}`, hadError: error !== undefined });
      });
    }
    const note = ({ event, code }: Failure) => {
      this.#unsent[code] ??= [];
      this.#unsent[code].push(Number(event.eventId));
    };
    this.sink.on("failed", note);
    this.sink.on("dropped", note);
  }

  async load(): Promise<void> {
    let due = performance.now();
    while (this.accepted < events && !stopping) {
      const rate = perSecond * this.#setup.share;
      due = Math.max(due, performance.now() - BEHIND_MS);
      if (rate === 0 || due > performance.now()) await sleep(Math.max(5, due - performance.now()));
      if (rate === 0) continue;
      for (let count = 0; count < 50 && due <= performance.now() && this.accepted < events; count++) {
        const event = this.#event(this.accepted);
        while (!this.sink.handleEvent(event)) {
          await this.sink.ready();
          if (stopping) return;
        }
        this.accepted++;
        due += 1000 / rate;
      }
      await setImmediate();
    }
  }

  tellUnsent(): void {
    for (const [code, ids] of Object.entries(this.#unsent)) {
      tell({ kind: "unsent", sink: this.#place, code, ids });
    }
    this.#unsent = {};
  }

  sample() {
    const { status, lastError } = this.sink.health();
    return { accepted: this.accepted, stats: this.sink.stats(), status, code: lastError?.code ?? "" };
  }

  #event(index: number): AnyEvent {
    return {
      event_id: String(index),
      execution_id: executionOf(this.#setup.name, index),
      event_type: "token",
      module_name: "Chaos",
      data: { index, text },
    };
  }
}

const sources = setups.map((setup, place) => new Source(setup, place));
setInterval(sample, SAMPLE_MS).unref();
process.on("message", (command: LongCommand) => void obey(command));
tell({ kind: "made" });
sample();

async function obey(command: LongCommand): Promise<void> {
  if (command.do === "rate") perSecond = command.perSecond;
  // What does not heal by itself shows in the end.
  else if (command.do === "start") for (const { sink } of sources) sink.start().catch(() => {});
  else if (command.do === "load") {
    delay.enable();
    await Promise.all(sources.map((source) => source.load()));
    tell({ kind: "loaded" });
  } else await stop();
}

async function stop(): Promise<void> {
  stopping = true;
  const sinks = await Promise.all(
    sources.map(async (source) => {
      const report = await source.sink.stop();
      return { report, stats: source.sink.stats(), accepted: source.accepted };
    }),
  );
  sample();
  await tell({ kind: "stopped", sinks });
  // From here on nothing but what the sinks left behind keeps the process alive.
  process.disconnect?.();
}

function sample(): void {
  for (const source of sources) source.tellUnsent();
  const rssBytes = process.memoryUsage.rss();
  rssMaxBytes = Math.max(rssMaxBytes, rssBytes);
  const samples = sources.map((source) => source.sample());
  tell({ kind: "sample", sinks: samples, rssBytes, rssMaxBytes, loop: loopDelay() });
}

function loopDelay(): LoopDelay {
  const [p50, p99, max] = [delay.percentile(50), delay.percentile(99), delay.max].map((ns) => ns / 1e6);
  return { p50: p50!, p99: p99!, max: max! };
}

/** Resolves when it is on its way: what is long would get lost by an end before. */
function tell(said: LongSaid): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(said, undefined, undefined, () => resolve());
    else resolve();
  });
}
