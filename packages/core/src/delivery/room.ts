import { Fifo } from "../buffer/fifo.js";
import type { Clock } from "./clock.js";

export interface RoomSetup {
  readonly clock: Clock;
  /** How many more events surely fit. */
  free(): number;
  /** Enough is free again that those who wait may go on. */
  relaxed(): boolean;
}

/** Those who wait for room. As many are told of it as can have it, in the order in which they asked. */
export class Room {
  readonly #setup: RoomSetup;
  readonly #waiting = new Fifo<() => void>();
  /** Told that there is room, and not back with an event yet. */
  #promised = 0;
  #cancel: (() => void) | undefined;

  constructor(setup: RoomSetup) {
    this.#setup = setup;
  }

  get isAwaited(): boolean {
    return this.#waiting.length > 0;
  }

  /** There is room for one more, and it is promised to the caller. */
  promise(): boolean {
    if (this.isAwaited || this.#promised >= this.#setup.free()) return false;
    this.#promised++;
    this.#lapseSoon();
    return true;
  }

  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** An event came in. */
  taken(): void {
    if (this.#promised > 0) this.#promised--;
  }

  /** An event is gone. */
  freed(): void {
    if (!this.isAwaited || !this.#setup.relaxed()) return;
    while (this.isAwaited && this.#promised < this.#setup.free()) {
      this.#promised++;
      this.#waiting.shift()?.();
    }
    this.#lapseSoon();
  }

  /** Lets all go on, whatever there is. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    for (const resolve of this.#waiting.clear()) resolve();
  }

  /** A waiter that does not come back at once with an event has no use for the room: others may have it. */
  #lapseSoon(): void {
    if (this.#promised === 0) return;
    this.#cancel ??= this.#setup.clock.afterPoll(() => {
      this.#cancel = undefined;
      this.#promised = 0;
      this.freed();
    });
  }
}
