import { type LineFields, type LogName, logLines, say } from "../log-lines.js";
import type { Logger } from "../logger.js";
import type { Clock } from "./clock.js";

const GATHER_MS = 1000;
const FIRST_WINDOW_MS = 10_000;
const LONGEST_WINDOW_MS = 60_000;
/** What last happened longer ago is past. */
const RECENT_MS = 10_000;

/** What happens to events, not to connections. */
const ofEvents: ReadonlySet<LogName> = new Set([
  "retried",
  "failed",
  "dropped",
  "rejected",
  "not_dead_lettered",
]);

/** The same thing, again and again. */
interface Storm {
  readonly name: LogName;
  readonly since: number;
  fields: LineFields<LogName>;
  message: string;
  lastAt: number;
  /** In all, and how many of them no line has told yet. */
  count: number;
  untold: number;
  windowFrom: number;
  windowMs: number;
  cancel: () => void;
}

/** What goes on although there are connections. */
export interface Recent {
  readonly code: string;
  readonly message: string;
  readonly count: number;
}

/**
 * Keeps the log short: what repeats is counted, and told at the end of a window that grows from ten seconds to a
 * minute as long as it goes on. What is untold when the sink stops, or the program ends, is told then.
 */
export class Journal {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #storms = new Map<string, Storm>();
  #ended: (() => void) | undefined;
  #closed = false;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  say<Name extends LogName>(name: Name, fields: LineFields<Name>, message: string, count = 1): void {
    const { code, endpoint } = fields as { readonly code?: string; readonly endpoint?: string };
    const key = `${name} ${code} ${endpoint}`;
    const storm = this.#storms.get(key) ?? this.#begin(key, name);
    storm.fields = fields;
    storm.message = message;
    storm.lastAt = this.#clock.now();
    storm.count += count;
    storm.untold += count;
    if (storm.windowMs === 0) this.#turn(key, storm);
  }

  /**
   * What happened to events in the last ten seconds, by code, and to connections that do not last.
   *
   * @param connections How many there are: that each of them was lost once is no more than a restart of the broker.
   */
  recent(connections: number): Recent[] {
    const now = this.#clock.now();
    return [...this.#storms.values()]
      .filter(({ lastAt }) => now - lastAt < RECENT_MS)
      .filter(({ name, count }) => (name === "disconnected" ? count > connections : ofEvents.has(name)))
      .map(({ fields, message, count, since }) => ({
        code: (fields as { readonly code?: string }).code ?? "TRANSPORT_UNREACHABLE",
        message: times(message, count, now - since),
        count,
      }));
  }

  /** Tells what is untold. From now on a thing is told once. */
  close(): void {
    this.#closed = true;
    this.#tellAll();
    for (const { cancel } of this.#storms.values()) cancel();
    this.#release();
  }

  #begin(key: string, name: LogName): Storm {
    const now = this.#clock.now();
    const gathered = logLines[name].telling === "gathered" && !this.#closed;
    const storm: Storm = {
      name,
      since: now,
      fields: {},
      message: "",
      lastAt: now,
      count: 0,
      untold: 0,
      windowFrom: now,
      windowMs: gathered ? GATHER_MS : 0,
      cancel: () => {},
    };
    this.#storms.set(key, storm);
    if (gathered) this.#wait(key, storm);
    return storm;
  }

  /** The end of a window, and the beginning of the next; with nothing in it the storm is over. */
  #turn(key: string, storm: Storm): void {
    if (storm.untold === 0) {
      this.#storms.delete(key);
      if (this.#storms.size === 0) this.#release();
      return;
    }
    // First, as a logger may hand over what is said as an event.
    storm.windowMs =
      storm.windowMs < FIRST_WINDOW_MS ? FIRST_WINDOW_MS : Math.min(2 * storm.windowMs, LONGEST_WINDOW_MS);
    this.#tell(storm);
    if (!this.#closed) this.#wait(key, storm);
  }

  #wait(key: string, storm: Storm): void {
    // The timer holds no process: what it would tell is told when the program ends.
    this.#ended ??= this.#clock.beforeExit(() => this.#tellAll());
    storm.cancel = this.#clock.after(storm.windowMs, () => this.#turn(key, storm));
  }

  #release(): void {
    this.#ended?.();
    this.#ended = undefined;
  }

  #tellAll(): void {
    for (const storm of this.#storms.values()) if (storm.untold > 0) this.#tell(storm);
  }

  #tell(storm: Storm): void {
    const { name, fields, message, untold, windowFrom } = storm;
    const now = this.#clock.now();
    storm.untold = 0;
    storm.windowFrom = now;
    say(this.#logger, name, { ...fields, count: untold }, times(message, untold, now - windowFrom));
  }
}

function times(message: string, count: number, ms: number): string {
  return count === 1 ? message : `${message} (${count} times in ${Math.max(1, Math.round(ms / 1000))} s)`;
}
