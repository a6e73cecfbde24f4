import { Columns } from "./columns.js";

// The flags of a slot.
/** The event is settled. Its slot is free only once no queue lists it. */
export const SETTLED = 1;
/** A queue lists the event. */
export const QUEUED = 2;
/** A connection was lost, or an answer was missing, while the event was in flight. */
export const MAYBE_STORED = 4;
/** The publisher set the event's sequence, which must not change. */
export const NUMBERED = 8;
/** The broker has the event's sequence already, from another program: it confirms the event and stores nothing. */
export const DUPLICATE = 16;
/** `publish()` waits for the event. */
export const AWAITED = 32;
/** The event failed, and is on its way to the dead-letter exchange. */
export const DEAD = 64;
/** An earlier program accepted the event, and it was read back from the spool. */
export const FROM_EARLIER = 128;

export const NO_SLOT = 0xffff_ffff;

/** The slots of waiting events, taken and given back. */
export class Slots extends Columns {
  /** How many there are, those that are free included. */
  protected slots = 0;
  /** The slot that was freed last: in its `offset` stands the one that was freed before. */
  #free = NO_SLOT;

  /** Whether the slot still belongs to this event, and the event is not settled. */
  holds(slot: number, order: number): boolean {
    return this.order[slot] === order && !this.has(slot, SETTLED);
  }

  has(slot: number, flag: number): boolean {
    return (this.flags[slot]! & flag) !== 0;
  }

  mark(slot: number, flag: number): void {
    this.flags[slot]! |= flag;
  }

  unmark(slot: number, flag: number): void {
    this.flags[slot]! &= ~flag;
  }

  /** How many events the slots hold. */
  eventsIn(slots: readonly number[]): number {
    let events = 0;
    for (const slot of slots) events += this.events[slot]!;
    return events;
  }

  protected take(order: number, acceptedAt: number, sequence: number): number {
    const slot = this.freeSlot();
    this.events[slot] = 1;
    this.order[slot] = order;
    this.acceptedAt[slot] = acceptedAt;
    this.sequence[slot] = sequence;
    this.flight[slot] = 0;
    this.tries[slot] = 0;
    this.flags[slot] = sequence > 0 ? NUMBERED : 0;
    this.spoolFile[slot] = 0;
    this.spoolId[slot] = 0;
    return slot;
  }

  protected freeSlot(): number {
    const slot = this.#free;
    if (slot !== NO_SLOT) {
      this.#free = this.offset[slot]!;
      return slot;
    }
    if (this.slots === this.order.length) this.grow();
    return this.slots++;
  }

  protected giveBack(slot: number): void {
    this.offset[slot] = this.#free;
    this.#free = slot;
  }
}
