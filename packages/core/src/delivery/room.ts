import { Fifo } from "../buffer/fifo.js";
import type { Clock } from "./clock.js";

export interface RoomSetup {
  readonly clock: Clock;
  /** A lower bound for how many more events fit. */
  free(): number;
  /** Whether enough is free again to release waiters. */
  relaxed(): boolean;
}

/** The callers that wait for room. As many are released as there is room for, in the order in which they came. */
export class Room {
  readonly #setup: RoomSetup;
  readonly #waiting = new Fifo<() => void>();
  /** Callers that were released and have not offered an event yet. */
  #promised = 0;
  #cancel: (() => void) | undefined;

  constructor(setup: RoomSetup) {
    this.#setup = setup;
  }

  get isAwaited(): boolean {
    return this.#waiting.length > 0;
  }

  /** Whether there is room for one more event, which is then reserved for the caller. */
  promise(): boolean {
    if (this.isAwaited || this.#promised >= this.#setup.free()) return false;
    this.#promised++;
    this.#lapseSoon();
    return true;
  }

  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** An event was accepted. */
  taken(): void {
    if (this.#promised > 0) this.#promised--;
  }

  /** An event is settled. */
  freed(): void {
    if (!this.isAwaited || !this.#setup.relaxed()) return;
    while (this.isAwaited && this.#promised < this.#setup.free()) {
      this.#promised++;
      this.#waiting.shift()?.();
    }
    this.#lapseSoon();
  }

  /** Releases all waiters, even without room. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    for (const resolve of this.#waiting.clear()) resolve();
  }

  /** A released caller that does not offer an event in the same turn loses its room to others. */
  #lapseSoon(): void {
    if (this.#promised === 0) return;
    this.#cancel ??= this.#setup.clock.afterPoll(() => {
      this.#cancel = undefined;
      this.#promised = 0;
      this.freed();
    });
  }
}
