import type { Delivery, SettlementOutcome, Verdict } from "@streamll/core";
import type { Disposition } from "./frames.js";

export type Told = (outcome: SettlementOutcome) => void;

/** One settlement that is to be written. */
export interface Settlement<Own extends Delivery = Delivery> {
  readonly id: number;
  readonly delivery: Own;
  readonly verdict: Verdict;
  readonly told: Told;
}

/** The deliveries of one link that are not settled, and what is to be written of those that are. */
export class Settlements<Own extends Delivery> {
  readonly #open = new Map<Own, number>();
  readonly #byId = new Map<number, Own>();
  #waiting: Settlement<Own>[] = [];

  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** How many are open. */
  get size(): number {
    return this.#open.size;
  }

  has(delivery: Own): boolean {
    return this.#open.has(delivery);
  }

  /** In the order in which they came. */
  get open(): readonly Own[] {
    return [...this.#open.keys()];
  }

  add(delivery: Own, id: number): void {
    this.#open.set(delivery, id);
    this.#byId.set(id, delivery);
  }

  /** `false` for one that is settled, or of another link. */
  settle(delivery: Own, verdict: Verdict, told: Told): boolean {
    const id = this.#open.get(delivery);
    if (id === undefined) return false;
    this.drop(id);
    this.#waiting.push({ id, delivery, verdict, told });
    return true;
  }

  /** Forgets one that was not settled here, and gives it. */
  drop(id: number): Own | undefined {
    const delivery = this.#byId.get(id);
    if (delivery === undefined) return undefined;
    this.#byId.delete(id);
    this.#open.delete(delivery);
    return delivery;
  }

  /** All that was settled since the last call, by id. */
  take(): readonly Settlement<Own>[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    // Ids have 32 bits, and go on with 0 behind the last.
    return waiting.sort((a, b) => (a.id - b.id) | 0);
  }
}

/** Neighbours with one state go in one disposition: most are done, and in the order in which they came. */
export function dispositionsOf(
  settlements: readonly Settlement[],
  stateOf: (verdict: Verdict) => Buffer,
  settled: boolean,
): readonly Disposition[] {
  const dispositions: { first: number; last: number; settled: boolean; state: Buffer }[] = [];
  for (const { id, verdict } of settlements) {
    const state = stateOf(verdict);
    const before = dispositions.at(-1);
    if (before?.state === state && id === (before.last + 1) >>> 0) before.last = id;
    else dispositions.push({ first: id, last: id, settled, state });
  }
  return dispositions;
}
