import type { FlushReport } from "../delivery/report.js";
import { expectEnding } from "../ending.js";
import type { EventSink } from "../event/sink.js";
import type { Logger } from "../logger.js";
import { parseDuration } from "../units/duration.js";
import { Configuration, type EventFilter } from "./configuration.js";
import { context } from "./context.js";
import { Problems, type RecordingOptions, recordingOptionNames } from "./options.js";

export interface ConfigureOptions extends RecordingOptions {
  /** Each gets every event. One that fails or is slow neither delays nor stops another. */
  readonly sinks: readonly EventSink[];
  /** The types of events that reach the sinks, or a predicate; when that throws, the event passes. Default: all. */
  readonly eventFilter?: EventFilter | undefined;
  /** Where it is said, once each, that a filter, a redactor or a sink threw. Default: `process.emitWarning`. */
  readonly logger?: Logger | undefined;
  /**
   * A call whose end its reader or a handle has to tell ends as cancelled after so long without a word: seconds, or a
   * duration such as `"1h"`. Default 15 minutes. Calls that wait for a promise have no such limit.
   */
  readonly idleTimeout?: number | string | undefined;
}

const defaultIdleTimeout = "15m";

/** The sinks of one `configure`, together. */
export interface Configured extends AsyncDisposable {
  /** Flushes all sinks at once, with the tokens that waited for more. */
  flush(): Promise<FlushReport[]>;
  /**
   * Ends the calls that are still open as cancelled, and recording, unless `configure` was called again; then stops all
   * sinks at once.
   */
  stop(): Promise<FlushReport[]>;
}

/**
 * Says where the events of the program go. Until then `instrument`, `trace` and `emit` do nothing and cost next to
 * nothing. Called again, it takes the place of what it said before; sinks that are no longer named are not stopped.
 *
 * @throws ConfigurationError that lists everything that is wrong with the options.
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

/** A program that has nothing more to do reads nothing more. */
const endOpenCalls = () => context.open.cancelAll();

/** Waits for all of them, also where one throws; then for what that one threw. */
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
