import type { Clock } from "../clock.js";

/** Events that wait for their retry, each with its own time. */
export class Retries {
  readonly #clock: Clock;
  readonly #cancels = new Map<number, () => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The waiting events, in the order in which they began to wait. */
  get slots(): readonly number[] {
    return [...this.#cancels.keys()];
  }

  /** The event that has waited longest. */
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

  /** The event is settled. */
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
