import type { Clock } from "./clock.js";

/** Waits that can be cut short: one at a time. */
export class Pause {
  readonly #clock: Clock;
  #end: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves after `ms`, or when {@link cut} is called. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(Math.max(0, ms), () => this.cut());
      this.#end = () => {
        this.#end = undefined;
        cancel();
        resolve();
      };
    });
  }

  /** Ends the wait, if there is one. */
  cut(): void {
    this.#end?.();
  }
}
