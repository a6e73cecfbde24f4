import type { Clock } from "./clock.js";
import type { Lane } from "./lane/lane.js";
import type { DeliveryOptions } from "./options.js";

/** Looks periodically for events that are older than `deliveryTimeout`, if that is set. */
export class Expiry {
  readonly #clock: Clock;
  readonly #deliveryTimeoutMs: number | undefined;
  readonly #lanes: () => readonly Lane[];
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, { deliveryTimeoutMs }: DeliveryOptions, lanes: () => readonly Lane[]) {
    this.#clock = clock;
    this.#deliveryTimeoutMs = deliveryTimeoutMs;
    this.#lanes = lanes;
  }

  start(): void {
    if (this.#deliveryTimeoutMs === undefined) return;
    const interval = Math.min(1000, Math.max(10, this.#deliveryTimeoutMs / 4));
    this.#cancel = this.#clock.after(interval, () => {
      for (const lane of this.#lanes()) lane.expire();
      this.start();
    });
  }

  stop(): void {
    this.#cancel?.();
  }
}
