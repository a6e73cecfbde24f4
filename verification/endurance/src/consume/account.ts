import { executionOf } from "./messages.js";

export interface ConsumedAccount {
  readonly events: number;
  readonly handled: number;
  readonly lost: number;
  /** Handled again, where no broker was killed since the time before. */
  readonly twice: number;
  /** Handled again after the broker was killed: it forgets acknowledgements that it has not written down. */
  readonly twiceByBroker: number;
  /** Handled for the first time behind a later event of their execution. */
  readonly outOfOrder: number;
}

/** Keeps account of the events that handlers wrote down, in the order of their lines. */
export class Consumed {
  readonly #events: number;
  /** By event, the line that it was first in, from 1. */
  readonly #first: Uint32Array;
  readonly #last = new Map<string, number>();
  #lines = 0;
  #lineAtKill = 0;
  #twice = 0;
  #twiceByBroker = 0;
  #outOfOrder = 0;
  handled = 0;

  constructor(events: number) {
    this.#events = events;
    this.#first = new Uint32Array(events);
  }

  brokerKilled(): void {
    this.#lineAtKill = this.#lines;
  }

  /** @throws RangeError for what is none of the events. */
  take(index: number): void {
    if (!(index >= 0 && index < this.#events)) throw new RangeError(`${index} is none of the events`);
    this.#lines++;
    const first = this.#first[index]!;
    if (first > 0) {
      if (first <= this.#lineAtKill) this.#twiceByBroker++;
      else this.#twice++;
      return;
    }
    this.#first[index] = this.#lines;
    this.handled++;
    const execution = executionOf(index);
    if (index < (this.#last.get(execution) ?? -1)) this.#outOfOrder++;
    else this.#last.set(execution, index);
  }

  account(): ConsumedAccount {
    return {
      events: this.#events,
      handled: this.handled,
      lost: this.#events - this.handled,
      twice: this.#twice,
      twiceByBroker: this.#twiceByBroker,
      outOfOrder: this.#outOfOrder,
    };
  }
}
