import type { FlushReport } from "../delivery/report.js";
import { expectEnding } from "../ending.js";
import type { EventSink } from "../event/sink.js";
import type { Logger } from "../logger.js";
import { parseDuration } from "../units/duration.js";
import { Configuration, type EventFilter } from "./configuration.js";
import { context } from "./context.js";
import { Problems, type RecordingOptions, recordingOptionNames } from "./options.js";

export interface ConfigureOptions extends RecordingOptions {
  /** Each sink gets every event. One that fails or is slow neither delays nor stops another. */
  readonly sinks: readonly EventSink[];
  /** The event types that reach the sinks, or a predicate. If the predicate throws, the event passes. Default: all. */
  readonly eventFilter?: EventFilter | undefined;
  /** Receives one warning for each filter, redactor or sink that throws. Default: `process.emitWarning`. */
  readonly logger?: Logger | undefined;
  /**
   * A call that is to end when its result is read, or by its handle, is cancelled after so long without an event:
   * seconds, or a duration such as `"1h"`. Default 15 minutes. Calls that wait for a promise have no such limit.
   */
  readonly idleTimeout?: number | string | undefined;
}

const defaultIdleTimeout = "15m";

/** All sinks of one `configure`. */
export interface Configured extends AsyncDisposable {
  /** Emits the tokens that wait to be coalesced, and flushes all sinks concurrently. */
  flush(): Promise<FlushReport[]>;
  /**
   * Cancels the calls that are still open, ends recording unless `configure` was called again, and stops all sinks
   * concurrently.
   */
  stop(): Promise<FlushReport[]>;
}

/**
 * Sets where the program's events go. Before it is called, `instrument`, `trace` and `emit` record nothing and cost next
 * to nothing. A second call replaces the first one's settings; it does not stop sinks that are no longer listed.
 *
 * @throws ConfigurationError that lists every fault of the options.
 * @example
 * const streamll = configure({ sinks: [new RabbitMQSink()], eventFilter: ["start", "end", "error"] });
 * // …
 * await streamll.stop();
 */
export function configure(options: ConfigureOptions): Configured {
  check(options);
  const { sinks, eventFilter, logger, idleTimeout = defaultIdleTimeout, ...recording } = options;
  const idleMs = parseDuration(idleTimeout);
  const configuration = new Configuration(sinks, eventFilter, recording, logger, idleMs);
  context.configuration = configuration;
  expectEnding(endOpenCalls);
  const stop = () => {
    context.open.cancelAll(configuration);
    if (context.configuration === configuration) context.configuration = undefined;
    return all(configuration.sinks, (sink) => sink.stop());
  };
  return {
    flush: () => {
      context.open.flush(configuration);
      return all(configuration.sinks, (sink) => sink.flush());
    },
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

/** When the event loop runs empty, nothing will read the open results any more. */
const endOpenCalls = () => context.open.cancelAll();

/** Waits until every sink is done, even if one throws, and only then rejects with its error. */
async function all<T>(sinks: readonly EventSink[], act: (sink: EventSink) => Promise<T>): Promise<T[]> {
  const acts = sinks.map(async (sink) => act(sink));
  await Promise.allSettled(acts);
  return Promise.all(acts);
}

function check(options: ConfigureOptions): void {
  const problems = new Problems();
  if (problems.names(options, ["sinks", "eventFilter", "logger", "idleTimeout", ...recordingOptionNames])) {
    const { sinks, eventFilter, idleTimeout } = options;
    problems.check(Array.isArray(sinks), "sinks", "write a list such as [new RabbitMQSink()]");
    for (const [index, sink] of (Array.isArray(sinks) ? sinks : []).entries()) {
      const allowed = "write a sink: an object with handleEvent, flush and stop";
      problems.check(isSink(sink), `sinks[${index}]`, allowed);
    }
    const allowed = 'write a list such as ["start", "end"], or a function of an event';
    problems.check(eventFilter === undefined || isFilter(eventFilter), "eventFilter", allowed);
    problems.duration(idleTimeout, "idleTimeout");
    problems.call(options);
  }
  problems.throwIfAny();
}

function isSink(sink: unknown): boolean {
  const methods = ["handleEvent", "flush", "stop"] as const;
  return methods.every((name) => typeof (sink as Partial<EventSink> | null)?.[name] === "function");
}

function isFilter(filter: unknown): boolean {
  if (typeof filter === "function") return true;
  const isList = typeof filter === "object" && filter !== null && Symbol.iterator in filter;
  return isList && [...(filter as Iterable<unknown>)].every((type) => typeof type === "string");
}
