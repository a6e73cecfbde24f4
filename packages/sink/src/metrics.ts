import type { DeliveryStats } from "@streamll/core";
import { runCallback } from "@streamll/core/internal";
import { type Complain, faultOf } from "./logging.js";

/** Passes the stats to the user's callback at intervals. Does not keep the process alive. */
export class Metrics {
  readonly #report: () => void;
  readonly #intervalMs: number;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(
    callback: (stats: DeliveryStats) => void,
    intervalMs: number,
    stats: () => DeliveryStats,
    complain: Complain,
  ) {
    this.#intervalMs = intervalMs;
    this.#report = () =>
      runCallback(
        () => callback(stats()),
        (error) =>
          complain("callback_failed", "metricsCallback", `metricsCallback ${faultOf(error)} (reported once)`),
      );
  }

  start(): void {
    if (this.#stopped) return;
    this.#timer ??= setInterval(this.#report, this.#intervalMs).unref();
  }

  /** Reports once more, for good. */
  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#report();
  }
}
