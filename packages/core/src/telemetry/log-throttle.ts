import type { Clock } from "../delivery/clock.js";
import type { Logger } from "../logger.js";
import { type LineFields, type LogName, logLine, logLines } from "./log-lines.js";

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
  "handler_failed",
  "dedup_failed",
  "dead_lettered",
]);

/** The same thing, again and again. */
interface Burst {
  readonly name: LogName;
  readonly since: number;
  fields: LineFields<LogName>;
  message: string;
  lastAt: number;
  /** In all, and how many of them no line has reported yet. */
  count: number;
  unlogged: number;
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
 * Keeps the log short: what repeats is counted, and logged at the end of a window that grows from ten seconds to a
 * minute as long as it goes on. What is not logged yet when the sink stops, or the program ends, is logged then.
 */
export class LogThrottle {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #bursts = new Map<string, Burst>();
  #ended: (() => void) | undefined;
  #closed = false;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  log<Name extends LogName>(name: Name, fields: LineFields<Name>, message: string, count = 1): void {
    const { code, endpoint } = fields as { readonly code?: string; readonly endpoint?: string };
    const key = `${name} ${code} ${endpoint}`;
    const burst = this.#bursts.get(key) ?? this.#begin(key, name);
    burst.fields = fields;
    burst.message = message;
    burst.lastAt = this.#clock.now();
    burst.count += count;
    burst.unlogged += count;
    if (burst.windowMs === 0) this.#turn(key, burst);
  }

  /**
   * What happened to events in the last ten seconds, by code, and to connections that do not last.
   *
   * @param connections How many there are: that each of them was lost once is no more than a restart of the broker.
   */
  recent(connections: number): Recent[] {
    const now = this.#clock.now();
    return [...this.#bursts.values()]
      .filter(({ lastAt }) => now - lastAt < RECENT_MS)
      .filter(({ name, count }) => (name === "disconnected" ? count > connections : ofEvents.has(name)))
      .map(({ fields, message, count, since }) => ({
        code: (fields as { readonly code?: string }).code ?? "TRANSPORT_UNREACHABLE",
        message: times(message, count, now - since),
        count,
      }));
  }

  /** Logs what is not logged yet. From now on each line is logged at once. */
  close(): void {
    this.#closed = true;
    this.#logAll();
    for (const { cancel } of this.#bursts.values()) cancel();
    this.#release();
  }

  #begin(key: string, name: LogName): Burst {
    const now = this.#clock.now();
    const gathered = logLines[name].cadence === "gathered" && !this.#closed;
    const burst: Burst = {
      name,
      since: now,
      fields: {},
      message: "",
      lastAt: now,
      count: 0,
      unlogged: 0,
      windowFrom: now,
      windowMs: gathered ? GATHER_MS : 0,
      cancel: () => {},
    };
    this.#bursts.set(key, burst);
    if (gathered) this.#wait(key, burst);
    return burst;
  }

  /** The end of a window, and the beginning of the next; with nothing in it the burst is over. */
  #turn(key: string, burst: Burst): void {
    if (burst.unlogged === 0) {
      this.#bursts.delete(key);
      if (this.#bursts.size === 0) this.#release();
      return;
    }
    // First, as a logger may turn the line into an event.
    burst.windowMs =
      burst.windowMs < FIRST_WINDOW_MS ? FIRST_WINDOW_MS : Math.min(2 * burst.windowMs, LONGEST_WINDOW_MS);
    this.#logBurst(burst);
    if (!this.#closed) this.#wait(key, burst);
  }

  #wait(key: string, burst: Burst): void {
    // The timer keeps no process alive: what it would log is logged when the program ends.
    this.#ended ??= this.#clock.beforeExit(() => this.#logAll());
    burst.cancel = this.#clock.after(burst.windowMs, () => this.#turn(key, burst));
  }

  #release(): void {
    this.#ended?.();
    this.#ended = undefined;
  }

  #logAll(): void {
    for (const burst of this.#bursts.values()) if (burst.unlogged > 0) this.#logBurst(burst);
  }

  #logBurst(burst: Burst): void {
    const { name, fields, message, unlogged, windowFrom } = burst;
    const now = this.#clock.now();
    burst.unlogged = 0;
    burst.windowFrom = now;
    logLine(this.#logger, name, { ...fields, count: unlogged }, times(message, unlogged, now - windowFrom));
  }
}

function times(message: string, count: number, ms: number): string {
  return count === 1 ? message : `${message} (${count} times in ${Math.max(1, Math.round(ms / 1000))} s)`;
}
