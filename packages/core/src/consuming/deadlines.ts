import type { Clock } from "../delivery/clock.js";

/** All have the same time from when they are added: one timer, that of the oldest, serves them all. */
export class Deadlines<T> {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #expired: (one: T) => void;
  /** The oldest first. */
  readonly #ends = new Map<T, number>();
  #cancel: (() => void) | undefined;

  /** @param ms 0: no limit. */
  constructor(clock: Clock, ms: number, expired: (one: T) => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#expired = expired;
  }

  add(one: T): void {
    if (this.#ms === 0) return;
    this.#ends.set(one, this.#clock.now() + this.#ms);
    if (this.#cancel === undefined) this.#arm(this.#ms);
  }

  delete(one: T): void {
    this.#ends.delete(one);
  }

  close(): void {
    this.#ends.clear();
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #arm(ms: number): void {
    this.#cancel = this.#clock.after(ms, () => this.#look());
  }

  #look(): void {
    this.#cancel = undefined;
    const now = this.#clock.now();
    const due: T[] = [];
    for (const [one, end] of this.#ends) {
      // Timers may come a part of a millisecond too early.
      if (end - now >= 1) {
        this.#arm(end - now);
        break;
      }
      due.push(one);
    }
    for (const one of due) this.#ends.delete(one);
    for (const one of due) this.#expired(one);
  }
}
