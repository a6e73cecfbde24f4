import type { DeliveryError, StreamllError } from "../errors.js";
import type { Logger } from "../logger.js";
import { logLine } from "../telemetry/log-lines.js";
import type { LogThrottle } from "../telemetry/log-throttle.js";
import type { Clock } from "./clock.js";
import type { Ledger } from "./ledger.js";

/** How an event was lost. */
type Way = "failed" | "dropped" | "rejected";

export interface LossesSetup {
  readonly clock: Clock;
  readonly throttle: LogThrottle;
  readonly logger: Logger;
  readonly ledger: Ledger;
  /** What keeps events from being sent, if anything does. */
  reason(): StreamllError | undefined;
  /** The process ends: whether all that is unsettled is on disk, for the next program. */
  saved(): boolean;
}

/**
 * Reports every loss: each is logged, and all together as a count when the sink stops or the program ends; on stderr if
 * `process.exit()` leaves no time for a logger.
 */
export class Losses {
  readonly #setup: LossesSetup;
  readonly #counts: Record<Way, number> = { failed: 0, dropped: 0, rejected: 0 };
  readonly #codes = new Map<string, number>();
  /** Events refused in this turn of the event loop: a caller that awaits `ready()` in the same turn offers them again. */
  readonly #fresh = new Map<string, { count: number; error: DeliveryError }>();
  #reported = 0;
  #soon: (() => void) | undefined;
  #unwatch: (() => void) | undefined;

  constructor(setup: LossesSetup) {
    this.#setup = setup;
  }

  /** An accepted event failed, or was dropped. */
  lost(way: "failed" | "dropped", error: DeliveryError, events = 1): void {
    this.#setup.throttle.log(way, { code: error.code }, `${way}: ${error.message}`, events);
    this.#count(way, error.code, events);
  }

  /** An event was not accepted. */
  refused(error: DeliveryError): void {
    this.#setup.ledger.rejected++;
    const fresh = this.#fresh.get(error.code);
    if (fresh === undefined) this.#fresh.set(error.code, { count: 1, error });
    else fresh.count++;
    this.watch();
    this.#soon ??= this.#setup.clock.afterPoll(() => this.#logRefused());
  }

  /** An event was not accepted, and its rejection is already logged. */
  refusedAloud(code: string): void {
    this.#setup.ledger.rejected++;
    this.#count("rejected", code, 1);
  }

  /** A caller waits for room, so a refused event will be offered again. */
  heard(): void {
    const fresh = this.#fresh.get("BUFFER_FULL");
    if (fresh !== undefined && fresh.count > 0) fresh.count--;
  }

  /** From now on events may be left when the process ends. */
  watch(): void {
    if (this.#unwatch !== undefined) return;
    const { clock } = this.#setup;
    const stop = [clock.beforeExit(() => this.#atEnd()), clock.atExit(() => this.#lastWords())];
    this.#unwatch = () => {
      this.#unwatch = undefined;
      for (const cancel of stop) cancel();
    };
  }

  /** Everything is settled: only unreported losses are left to report. */
  settled(): void {
    if (this.#fresh.size === 0 && this.#unreported === 0) this.#unwatch?.();
  }

  /** Logs the count, unless it is logged already. */
  report(): void {
    this.#logRefused();
    this.#unwatch?.();
    if (this.#unreported === 0) return;
    this.#reported = this.#total;
    const fields = { ...this.#counts, failures: Object.fromEntries(this.#codes) };
    logLine(this.#setup.logger, "events_lost", fields, `${this.#sentence()}${this.#because()}`);
  }

  get #total(): number {
    const { failed, dropped, rejected } = this.#counts;
    return failed + dropped + rejected;
  }

  get #unreported(): number {
    return this.#total - this.#reported;
  }

  #count(way: Way, code: string, events: number): void {
    this.#counts[way] += events;
    this.#codes.set(code, (this.#codes.get(code) ?? 0) + events);
    this.watch();
  }

  #logRefused(): void {
    this.#soon?.();
    this.#soon = undefined;
    const fresh = [...this.#fresh];
    // Set before logging, as a logger may publish the line as an event.
    this.#fresh.clear();
    for (const [code, { count, error }] of fresh) {
      if (count === 0) continue;
      this.#count("rejected", code, count);
      this.#setup.throttle.log("rejected", { code }, `not taken: ${error.message}`, count);
    }
  }

  /** The event loop ran empty. If anything is unsettled, the engine goes on, and the loop runs empty again later. */
  #atEnd(): void {
    if (this.#setup.ledger.open === 0) this.report();
  }

  #lastWords(): string | undefined {
    for (const [code, { count }] of this.#fresh) this.#count("rejected", code, count);
    this.#fresh.clear();
    const { open: unsettled, inFlight } = this.#setup.ledger;
    const sentences: string[] = [];
    if (unsettled > 0 && !this.#setup.saved()) {
      const arrived = inFlight > 0 ? ` (${inFlight} may have arrived)` : "";
      const what = `the process ended before ${countOf(unsettled)} could be delivered${arrived}`;
      const advice =
        "Await stop() of the sink before the process ends; stopOnSignals() does so after an exception";
      sentences.push(`${what}${this.#because()}. ${advice}`);
    }
    if (this.#unreported > 0) sentences.push(this.#sentence());
    return sentences.length === 0 ? undefined : sentences.join(". ");
  }

  #sentence(): string {
    const { failed, dropped, rejected } = this.#counts;
    const ways = [
      rejected > 0 && `${rejected} not taken`,
      failed > 0 && `${failed} failed`,
      dropped > 0 && `${dropped} dropped`,
    ];
    const codes = [...this.#codes].map(([code, count]) => `${code} ${count}`).join(", ");
    const lost = `${countOf(this.#total)} ${this.#total === 1 ? "was" : "were"} lost`;
    return `${lost}: ${ways.filter(Boolean).join(", ")} (${codes})`;
  }

  #because(): string {
    const reason = this.#setup.reason();
    return reason === undefined ? "" : `: ${reason.message}`;
  }
}

const countOf = (events: number): string => `${events} event${events === 1 ? "" : "s"}`;
