import type { EventLog } from "../buffer/event-log.js";
import type { Clock } from "./clock.js";
import type { Lane } from "./lane/lane.js";
import type { DeliveryOptions } from "./options.js";

/** After so long, memory that a burst of events has taken counts as no longer needed. */
const TRIM_MS = 30_000;

export interface UpkeepSetup {
  readonly clock: Clock;
  readonly log: Pick<EventLog, "trim">;
  readonly options: Pick<DeliveryOptions, "deliveryTimeoutMs">;
  lanes(): readonly Lane[];
}

/**
 * What is done at intervals: events that are older than `deliveryTimeout` are settled, if that is set, and memory that the
 * buffer no longer needs is let go.
 */
export class Upkeep {
  readonly #setup: UpkeepSetup;
  readonly #cancels = new Map<() => void, () => void>();

  constructor(setup: UpkeepSetup) {
    this.#setup = setup;
  }

  start(): void {
    const { log, options, lanes } = this.#setup;
    this.#every(TRIM_MS, () => log.trim());
    const { deliveryTimeoutMs } = options;
    if (deliveryTimeoutMs === undefined) return;
    this.#every(Math.min(1000, Math.max(10, deliveryTimeoutMs / 4)), () => {
      for (const lane of lanes()) lane.expire();
    });
  }

  /** Ends it, once no event is left: all memory is let go. */
  stop(): void {
    for (const cancel of this.#cancels.values()) cancel();
    const { log } = this.#setup;
    // The first call keeps what was needed since the last one.
    log.trim();
    log.trim();
  }

  #every(ms: number, task: () => void): void {
    const cancel = this.#setup.clock.after(ms, () => {
      task();
      this.#every(ms, task);
    });
    this.#cancels.set(task, cancel);
  }
}
