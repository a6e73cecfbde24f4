import type { Clock } from "../clock.js";

/** Events that wait to be tried again, each with its own time. */
export class Retries {
  readonly #clock: Clock;
  readonly #cancels = new Map<number, () => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Those that wait, the first to begin first. */
  get slots(): readonly number[] {
    return [...this.#cancels.keys()];
  }

  /** The one that has waited longest. */
  get oldest(): number | undefined {
    const [oldest] = this.#cancels.keys();
    return oldest;
  }

  wait(slot: number, ms: number, then: () => void): void {
    const cancel = this.#clock.after(ms, () => {
      this.#cancels.delete(slot);
      then();
    });
    this.#cancels.set(slot, cancel);
  }

  /** The event has ended. */
  cancel(slot: number): void {
    if (this.#cancels.size === 0) return;
    this.#cancels.get(slot)?.();
    this.#cancels.delete(slot);
  }

  clear(): number[] {
    const slots = [...this.#cancels.keys()];
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
    return slots;
  }
}
