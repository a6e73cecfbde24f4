import type { DeliveryStats } from "@streamll/core";
import { runCallback } from "@streamll/core/internal";
import { type Complain, faultOf } from "./logging.js";

/** Hands the stats to the user's callback from time to time. Does not keep the process alive. */
export class Metrics {
  readonly #tell: () => void;
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
    this.#tell = () =>
      runCallback(
        () => callback(stats()),
        (error) =>
          complain("callback_failed", "metricsCallback", `metricsCallback ${faultOf(error)} (said once)`),
      );
  }

  start(): void {
    if (this.#stopped) return;
    this.#timer ??= setInterval(this.#tell, this.#intervalMs).unref();
  }

  /** Tells once more, for good. */
  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#tell();
  }
}
