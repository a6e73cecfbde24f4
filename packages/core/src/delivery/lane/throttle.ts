import type { TransportError } from "../../errors.js";
import { fullJitter } from "../backoff.js";
import type { Clock } from "../clock.js";
import type { DeliveryOptions } from "../options.js";

export interface ThrottleSetup {
  readonly clock: Clock;
  readonly random: () => number;
  readonly options: Pick<DeliveryOptions, "retryBackoffMs" | "maxRetryBackoffMs">;
  /** Called when the reason, or whether the lane waits, has changed. */
  changed(): void;
}

/**
 * Holds a lane back while the broker is too busy and refuses everything, which no event causes. The lane waits, longer
 * each time, and sends one batch at a time until one is confirmed.
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

  /** Whether the lane may not send yet. */
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

  /** The broker accepted something, or the lane has another connection. */
  over(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#refusals = 0;
    if (this.reason === undefined) return;
    this.reason = undefined;
    this.#setup.changed();
  }
}
