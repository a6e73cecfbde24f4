import type { TransportError } from "../../errors.js";
import { fullJitter } from "../backoff.js";
import type { Clock } from "../clock.js";
import type { DeliveryOptions } from "../options.js";

export interface ThrottleSetup {
  readonly clock: Clock;
  readonly random: () => number;
  readonly options: Pick<DeliveryOptions, "retryBackoffMs" | "maxRetryBackoffMs">;
  /** Called when its reason, or whether it waits, has changed. */
  changed(): void;
}

/**
 * A broker that is too busy refuses whatever it is sent: no event is guilty. The lane waits, longer each time, and
 * goes on with one batch until one is confirmed.
 */
export class Throttle {
  /** Why the broker refuses, until something is confirmed. */
  reason: string | undefined;
  readonly #setup: ThrottleSetup;
  #refusals = 0;
  #cancel: (() => void) | undefined;

  constructor(setup: ThrottleSetup) {
    this.#setup = setup;
  }

  /** The lane may send nothing yet. */
  get waiting(): boolean {
    return this.#cancel !== undefined;
  }

  refused({ message }: TransportError): void {
    // What else was in flight is refused with it.
    if (this.waiting) return;
    const { clock, random, options, changed } = this.#setup;
    const delay = fullJitter(this.#refusals++, options.retryBackoffMs, options.maxRetryBackoffMs, random);
    this.reason = message;
    this.#cancel = clock.after(delay, () => {
      this.#cancel = undefined;
      changed();
    });
    changed();
  }

  /** The broker took something, or the lane has another connection. */
  over(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#refusals = 0;
    if (this.reason === undefined) return;
    this.reason = undefined;
    this.#setup.changed();
  }
}
