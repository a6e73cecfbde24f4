import type { Found } from "@streamll/harness";

/** What became of the events of one sink. */
export interface LongAccount {
  readonly accepted: number;
  /** Told to have failed or to have been dropped, by code. */
  readonly unsent: Readonly<Record<string, number>>;
  /** Told more than once. */
  readonly unsentTwice: number;
  /** Accepted, not told to be unsent, and not found. */
  readonly lost: number;
  readonly firstLost: readonly number[];
  /** Messages beyond the first of each event. */
  readonly duplicated: number;
  /** Messages that the broker delivered again, as their acknowledgement was lost with it. */
  readonly redelivered: number;
  /** Messages that are none of the sink's events. */
  readonly foreign: number;
  /** Events that come behind a later one of their execution. */
  readonly outOfOrder: number;
  /** Those that the broker took in order, and delivered late when it delivered them again. */
  readonly deliveredLate: number;
  /** Told to be unsent, and found all the same: stored before the answer was lost. */
  readonly unsentYetFound: number;
}

const FEW = 20;

/** Keeps account of millions of events, each by its number: some bytes an event. */
export class Ledger {
  readonly #executionOf: (index: number) => string;
  #found = new Uint8Array(1024);
  #unsent = new Uint8Array(1024);
  #stamps = new Float64Array(1024);
  /** Of messages beyond the first. */
  readonly #laterStamps = new Map<number, Set<number>>();
  readonly #last = new Map<string, number>();
  readonly #codes: Record<string, number> = {};
  #messages = 0;
  #duplicated = 0;
  #redelivered = 0;
  #foreign = 0;
  #outOfOrder = 0;
  #deliveredLate = 0;
  #unsentTwice = 0;

  constructor(executionOf: (index: number) => string) {
    this.#executionOf = executionOf;
  }

  /** Different events that were found. */
  get messages(): number {
    return this.#messages;
  }

  found({ id, execution, stamp, redelivered }: Found): void {
    const index = Number(id);
    if (!/^\d+$/.test(id) || execution !== this.#executionOf(index)) {
      this.#foreign++;
      return;
    }
    this.#reach(index);
    if (this.#found[index] === 1) this.#again(index, stamp, redelivered);
    else {
      this.#found[index] = 1;
      this.#stamps[index] = stamp;
      this.#messages++;
      const last = this.#last.get(execution) ?? -1;
      if (index > last) this.#last.set(execution, index);
      else if (redelivered && stamp <= this.#stamps[last]!) this.#deliveredLate++;
      else this.#outOfOrder++;
    }
  }

  unsent(code: string, indexes: readonly number[]): void {
    for (const index of indexes) {
      this.#reach(index);
      if (this.#unsent[index] === 1) this.#unsentTwice++;
      this.#unsent[index] = 1;
    }
    this.#codes[code] = (this.#codes[code] ?? 0) + indexes.length;
  }

  /** @param accepted numbers below this were accepted, and no others. */
  account(accepted: number): LongAccount {
    this.#reach(accepted);
    const lost: number[] = [];
    let unsentYetFound = 0;
    let lostCount = 0;
    let foreign = this.#foreign;
    for (let index = 0; index < this.#found.length; index++) {
      const [found, unsent] = [this.#found[index] === 1, this.#unsent[index] === 1];
      if (index >= accepted) {
        if (found) foreign++;
      } else if (found && unsent) unsentYetFound++;
      else if (!found && !unsent) {
        lostCount++;
        if (lost.length < FEW) lost.push(index);
      }
    }
    return {
      accepted,
      unsent: { ...this.#codes },
      unsentTwice: this.#unsentTwice,
      lost: lostCount,
      firstLost: lost,
      duplicated: this.#duplicated,
      redelivered: this.#redelivered,
      foreign,
      outOfOrder: this.#outOfOrder,
      deliveredLate: this.#deliveredLate,
      unsentYetFound,
    };
  }

  /**
   * The same message once more has the stamp that it had. One that the sink sent again came later, over another
   * connection. Where the broker does not stamp, its own word is all there is.
   */
  #again(index: number, stamp: number, redelivered: boolean): void {
    const later = this.#laterStamps.get(index);
    const known = stamp === 0 ? redelivered : this.#stamps[index] === stamp || later?.has(stamp) === true;
    if (known) this.#redelivered++;
    else {
      this.#duplicated++;
      this.#laterStamps.set(index, (later ?? new Set()).add(stamp));
    }
  }

  #reach(index: number): void {
    if (index < this.#found.length) return;
    const length = Math.max(index + 1, this.#found.length * 2);
    const grown = <T extends Uint8Array | Float64Array>(next: T, old: T): T => {
      next.set(old);
      return next;
    };
    this.#found = grown(new Uint8Array(length), this.#found);
    this.#unsent = grown(new Uint8Array(length), this.#unsent);
    this.#stamps = grown(new Float64Array(length), this.#stamps);
  }
}
