import { answerOf, faultOf, nameOfError, runCallback } from "../callback.js";
import type { StreamllEvent } from "../event/event.js";
import type { EventSink } from "../event/sink.js";
import { guarded, type Logger, warnProcess } from "../logger.js";
import { type LogName, logLine } from "../telemetry/log-lines.js";
import type { RecordingOptions } from "./options.js";

export type EventFilter = Iterable<string> | ((event: StreamllEvent) => boolean);

/** What one `configure` set, in force until the next. */
export class Configuration {
  readonly sinks: readonly EventSink[];
  readonly recording: RecordingOptions;
  /** An open call is cancelled after so many milliseconds without an event. */
  readonly idleMs: number;
  readonly #types: ReadonlySet<string> | undefined;
  readonly #predicate: ((event: StreamllEvent) => boolean) | undefined;
  readonly #logger: Logger | undefined;
  readonly #warned = new Set<string>();

  constructor(
    sinks: readonly EventSink[],
    filter: EventFilter | undefined,
    recording: RecordingOptions,
    logger: Logger | undefined,
    idleMs: number,
  ) {
    this.sinks = [...sinks];
    this.recording = recording;
    this.idleMs = idleMs;
    this.#logger = logger && guarded(logger);
    if (typeof filter === "function") this.#predicate = filter;
    else if (filter !== undefined) this.#types = new Set(filter);
  }

  /** `false` if the filter excludes every event of the type, so that none needs to be created. */
  wants(eventType: string): boolean {
    return this.#types === undefined || this.#types.has(eventType);
  }

  /** Passes the event to each sink; one that throws does not affect the others. `false` if a sink did not accept it. */
  deliver(event: StreamllEvent): boolean {
    if (!this.#passes(event)) return true;
    let taken = this.sinks.length > 0;
    for (const [index, sink] of this.sinks.entries()) {
      if (!this.#hand(event, sink, index)) taken = false;
    }
    return taken;
  }

  /** Logs, once, a fault that the program should fix. */
  warnOnce(
    about: string,
    message: string,
    name: LogName & ("callback_failed" | "not_recorded") = "callback_failed",
  ): void {
    const key = `${name} ${about}`;
    if (this.#warned.has(key)) return;
    this.#warned.add(key);
    const once = `${message} (logged once)`;
    if (this.#logger) logLine(this.#logger, name, { about }, once);
    else warnProcess(once);
  }

  #passes(event: StreamllEvent): boolean {
    const predicate = this.#predicate;
    if (predicate === undefined) return this.wants(event.eventType);
    try {
      return answerOf(() => predicate(event)) !== false;
    } catch (error) {
      this.warnOnce("eventFilter", `eventFilter ${faultOf(error)}; the event passes`);
      return true;
    }
  }

  #hand(event: StreamllEvent, sink: EventSink, index: number): boolean {
    const about = `sinks[${index}]`;
    let taken: unknown = false;
    runCallback(
      () => {
        taken = sink.handleEvent(event);
        return taken;
      },
      (error) => this.warnOnce(about, `handleEvent of ${about} threw ${nameOfError(error)}`),
    );
    return taken !== false;
  }
}
