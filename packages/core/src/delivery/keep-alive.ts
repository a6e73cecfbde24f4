import type { Clock } from "./clock.js";

/** Keeps the process alive while something is awaited. */
export class KeepAlive {
  readonly #clock: Clock;
  #holds = 0;
  #release: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.#holds++ === 0) this.#release = this.#clock.keepAlive();
    try {
      return await work();
    } finally {
      if (--this.#holds === 0) this.#release?.();
    }
  }
}
