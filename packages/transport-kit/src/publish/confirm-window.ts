import type { PublishOutcome, Settle } from "@streamll/core";

/** Forgotten flights are let go in groups, and not before there are so many. */
const COMPACT_FROM = 64;

/**
 * Messages of one batch that wait for a broker's answers. `Kept` is what the transport needs until they are answered.
 * Positions count from the flight's first message.
 */
export class Flight<Kept> {
  readonly first: number;
  readonly last: number;
  readonly count: number;
  readonly #offset: number;
  readonly #settle: Settle;
  #kept: Kept | undefined;
  #open: number;
  #head = 0;
  /** Answered beyond the head; made at the first such answer. */
  #ahead: Uint8Array | undefined;

  constructor({ first, last, count, offset = 0, settle, kept }: FlightSetup<Kept>) {
    this.first = first;
    this.last = last;
    this.count = count;
    this.#offset = offset;
    this.#settle = settle;
    this.#kept = kept;
    this.#open = count;
  }

  /** How many are without an answer. */
  get open(): number {
    return this.#open;
  }

  /** All before this position are answered. */
  get head(): number {
    return this.#head;
  }

  /** `undefined` once all of the flight is answered: flights before it may not be. */
  get kept(): Kept | undefined {
    return this.#kept;
  }

  isAnswered(at: number): boolean {
    return at < this.#head || this.#ahead?.[at] === 1;
  }

  /** Settles what is not answered yet, in one range where the answers come in order. */
  settle(from: number, to: number, outcome: PublishOutcome): void {
    if (from === this.#head && this.#ahead === undefined) {
      if (to <= from) return;
      this.#head = to;
      this.#answered(to - from);
      this.#settle(this.#offset + from, this.#offset + to, outcome);
      return;
    }
    // Rare: out of order, or some of them were answered before.
    for (let at = from; at < to; at++) {
      if (this.skip(at)) this.#settle(this.#offset + at, this.#offset + at + 1, outcome);
    }
  }

  /** Counts one as answered without settling it; `false` where it was answered before. */
  skip(at: number): boolean {
    if (this.isAnswered(at)) return false;
    this.#answered(1);
    if (at === this.#head) {
      this.#head++;
      while (this.#ahead?.[this.#head] === 1) this.#head++;
    } else {
      this.#ahead ??= new Uint8Array(this.count);
      this.#ahead[at] = 1;
    }
    return true;
  }

  #answered(messages: number): void {
    this.#open -= messages;
    if (this.#open === 0) this.#kept = undefined;
  }
}

export interface FlightSetup<Kept> {
  /** What the broker knows its first and its last message by: a delivery tag, a publishing id. */
  readonly first: number;
  readonly last: number;
  readonly count: number;
  /** Where in its batch it begins; 0 by default. */
  readonly offset?: number;
  /** The one of `publish`. */
  readonly settle: Settle;
  readonly kept: Kept;
}

/**
 * What was written and is not confirmed, in the order of writing. The numbers that a broker answers with rise from
 * flight to flight; answers come in any order.
 *
 * @example
 * const window = new ConfirmWindow<undefined>();
 * window.add({ first: 1, last: 50, count: 50, settle, kept: undefined });
 * // The broker confirms all up to 20.
 * window.flightOf(20)?.settle(0, 20, { kind: "confirmed" });
 * window.forget();
 */
export class ConfirmWindow<Kept> {
  #flights: Flight<Kept>[] = [];
  #oldest = 0;
  #whenAnswered: (() => void)[] = [];

  /** Messages without an answer. */
  get unconfirmed(): number {
    let open = 0;
    for (let i = this.#oldest; i < this.#flights.length; i++) open += this.#flights[i]!.open;
    return open;
  }

  /** Flights that are still held. */
  get retained(): number {
    return this.#flights.length;
  }

  /** Its `first` is above every `last` so far. */
  add(setup: FlightSetup<Kept>): Flight<Kept> {
    const flight = new Flight(setup);
    this.#flights.push(flight);
    return flight;
  }

  /** The flight that the message with this number is in, if it is in one: the first whose `last` is not below. */
  flightOf(number: number): Flight<Kept> | undefined {
    return this.#flights[this.#indexOf(number)];
  }

  /** From the flight of this number on, in order; without a number all that are held. */
  *flights(from = Number.NEGATIVE_INFINITY): Generator<Flight<Kept>, void, undefined> {
    for (let i = this.#indexOf(from); i < this.#flights.length; i++) yield this.#flights[i]!;
  }

  /** Drops the oldest flights that are answered. Call it after settling. */
  forget(): void {
    while (this.#flights[this.#oldest]?.open === 0) this.#oldest++;
    if (this.#oldest === this.#flights.length) for (const tell of this.#whenAnswered.splice(0)) tell();
    if (this.#oldest > COMPACT_FROM && this.#oldest * 2 > this.#flights.length) {
      this.#flights = this.#flights.slice(this.#oldest);
      this.#oldest = 0;
    }
  }

  /** Resolves at the first {@link forget} that finds nothing without an answer: what `close` of a connection waits for. */
  answered(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenAnswered.push(resolve);
      this.forget();
    });
  }

  #indexOf(number: number): number {
    let low = this.#oldest;
    let high = this.#flights.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#flights[middle]!.last < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
