import { Histogram } from "./histogram.js";

const WINDOW_MS = 10_000;

interface Window {
  readonly startedAt: number;
  sent: number;
  /** In microseconds. */
  readonly latency: Histogram;
}

/** Measures the recent rate and latency: over the current window and the one before it. */
export class Meter {
  readonly #now: () => number;
  #current: Window;
  #previous: Window | undefined;

  constructor(now: () => number) {
    this.#now = now;
    this.#current = this.#window();
  }

  /** @param now where the caller has just asked the clock. */
  sent(events: number, latencyMs: number, now = this.#now()): void {
    this.#turn(now);
    this.#current.sent += events;
    this.#current.latency.record(Math.max(1, latencyMs * 1000), events);
  }

  read(): { perSecond: number; p50: number; p95: number; p99: number } {
    this.#turn(this.#now());
    const latency = new Histogram();
    latency.add(this.#current.latency);
    if (this.#previous !== undefined) latency.add(this.#previous.latency);
    const at = (percentile: number) => latency.percentile(percentile) / 1000;
    const since = this.#previous ?? this.#current;
    const seconds = Math.max(1, (this.#now() - since.startedAt) / 1000);
    const sent = this.#current.sent + (this.#previous?.sent ?? 0);
    return { perSecond: sent / seconds, p50: at(50), p95: at(95), p99: at(99) };
  }

  #turn(now: number): void {
    const age = now - this.#current.startedAt;
    if (age < WINDOW_MS) return;
    this.#previous = age < 2 * WINDOW_MS ? this.#current : undefined;
    this.#current = this.#window();
  }

  #window(): Window {
    return { startedAt: this.#now(), sent: 0, latency: new Histogram() };
  }
}
