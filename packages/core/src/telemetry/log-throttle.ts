import type { Clock } from "../delivery/clock.js";
import type { Logger } from "../logger.js";
import { type LineFields, type LogName, logLine, logLines } from "./log-lines.js";

const GATHER_MS = 1000;
const FIRST_WINDOW_MS = 10_000;
const LONGEST_WINDOW_MS = 60_000;
/** What last happened longer ago is no longer recent. */
const RECENT_MS = 10_000;

/** Lines about events, not connections. */
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

/** Repetitions of one line. */
interface Burst {
  readonly name: LogName;
  readonly since: number;
  fields: LineFields<LogName>;
  message: string;
  lastAt: number;
  /** All repetitions, and how many of them are not logged yet. */
  count: number;
  unlogged: number;
  windowFrom: number;
  windowMs: number;
  cancel: () => void;
}

/** What has gone wrong lately even though there are connections. */
export interface Recent {
  readonly code: string;
  readonly message: string;
  readonly count: number;
}

/**
 * Keeps the log short: repetitions are counted, and logged at the end of a window, which grows from ten seconds to a
 * minute while they go on. Counts that are not logged yet are logged when the sink stops or the program ends.
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
   * What went wrong with events in the last ten seconds, by code, and with connections that keep being lost.
   *
   * @param connections How many connections there are: losing each of them once is no more than a restart of the broker.
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

  /** Logs all remaining counts. From now on each line is logged at once. */
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

  /** Ends a window and begins the next. A burst is over when a window had no repetition. */
  #turn(key: string, burst: Burst): void {
    if (burst.unlogged === 0) {
      this.#bursts.delete(key);
      if (this.#bursts.size === 0) this.#release();
      return;
    }
    // Set before logging, as a logger may turn the line into an event.
    burst.windowMs =
      burst.windowMs < FIRST_WINDOW_MS ? FIRST_WINDOW_MS : Math.min(2 * burst.windowMs, LONGEST_WINDOW_MS);
    this.#logBurst(burst);
    if (!this.#closed) this.#wait(key, burst);
  }

  #wait(key: string, burst: Burst): void {
    // The timer does not keep the process alive: what it would log is logged when the program ends.
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
