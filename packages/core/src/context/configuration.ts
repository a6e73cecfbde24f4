import { types } from "node:util";
import type { StreamllEvent } from "../event/event.js";
import type { EventSink } from "../event/sink.js";
import type { Logger } from "../logger.js";
import { nameOfError } from "./context.js";
import type { RecordingOptions } from "./options.js";

export type EventFilter = Iterable<string> | ((event: StreamllEvent) => boolean);

/** What is in force between one `configure` and the next. */
export class Configuration {
  readonly sinks: readonly EventSink[];
  readonly recording: RecordingOptions;
  readonly #types: ReadonlySet<string> | undefined;
  readonly #predicate: ((event: StreamllEvent) => boolean) | undefined;
  readonly #logger: Logger | undefined;
  readonly #said = new Set<string>();

  constructor(
    sinks: readonly EventSink[],
    filter: EventFilter | undefined,
    recording: RecordingOptions,
    logger: Logger | undefined,
  ) {
    this.sinks = [...sinks];
    this.recording = recording;
    this.#logger = logger;
    if (typeof filter === "function") this.#predicate = filter;
    else if (filter !== undefined) this.#types = new Set(filter);
  }

  /** `false`: the filter leaves out all events of the type, so none needs to be made. */
  wants(eventType: string): boolean {
    return this.#types === undefined || this.#types.has(eventType);
  }

  /** Hands the event to each sink. One that throws never stops the other. `false` when one did not take it. */
  deliver(event: StreamllEvent): boolean {
    if (!this.#passes(event)) return true;
    let taken = this.sinks.length > 0;
    for (const [index, sink] of this.sinks.entries()) {
      if (!this.#hand(event, sink, index)) taken = false;
    }
    return taken;
  }

  /** Says once what the program should mend. */
  complain(about: string, message: string): void {
    if (this.#said.has(about)) return;
    this.#said.add(about);
    try {
      if (this.#logger === undefined) process.emitWarning(`${message} (said once)`, "StreamllWarning");
      else this.#logger.warn({ about }, `${message} (said once)`);
    } catch {
      // There is nobody left to tell.
    }
  }

  #passes(event: StreamllEvent): boolean {
    if (this.#predicate === undefined) return this.wants(event.eventType);
    try {
      return this.#predicate(event) !== false;
    } catch (error) {
      this.complain("eventFilter", `eventFilter threw ${nameOfError(error)}; the event passes`);
      return true;
    }
  }

  #hand(event: StreamllEvent, sink: EventSink, index: number): boolean {
    try {
      const taken: unknown = sink.handleEvent(event);
      // Not what the interface says, but easily written.
      if (types.isPromise(taken)) taken.catch((error) => this.#blame(index, error));
      return taken !== false;
    } catch (error) {
      this.#blame(index, error);
      return false;
    }
  }

  #blame(index: number, error: unknown): void {
    this.complain(`sinks[${index}]`, `handleEvent of sinks[${index}] threw ${nameOfError(error)}`);
  }
}
