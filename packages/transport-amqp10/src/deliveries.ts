/** A delivery as rhea keeps it. */
export interface KeptDelivery {
  readonly id: number;
}

/**
 * Where a session of rhea keeps what is not settled yet. rhea's own is a ring of 2,048 places, each free only once all
 * older ones are: one delivery that stays unsettled would stop the session after so many more. Here each goes by itself.
 */
export class Deliveries<D extends KeptDelivery> {
  readonly #kept = new Map<number, D>();
  /** Since the last clearing: no other can have been settled. */
  readonly #looked = new Set<D>();

  /** The link sees to it that no more are sent than the other end has granted. */
  available(): number {
    return Number.POSITIVE_INFINITY;
  }

  get size(): number {
    return this.#kept.size;
  }

  push(delivery: D): void {
    this.#kept.set(delivery.id, delivery);
  }

  by_id(id: number): D | undefined {
    const found = this.#kept.get(id);
    if (found !== undefined) this.#looked.add(found);
    return found;
  }

  pop_if(isDone: (delivery: D) => boolean): void {
    for (const delivery of this.#looked) if (isDone(delivery)) this.#kept.delete(delivery.id);
    this.#looked.clear();
  }
}
