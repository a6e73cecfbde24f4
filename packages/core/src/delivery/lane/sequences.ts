import type { EventLog } from "../../buffer/event-log.js";
import { DUPLICATE, FROM_EARLIER, MAYBE_STORED } from "../../buffer/slots.js";

/** The ids that the spool gives events, for brokers that deduplicate. */
export interface SpoolIds {
  idOf(slot: number): number;
  /** Notes that the broker is about to know these events by another id. */
  numbered(slots: readonly number[], id: number): void;
  /** Notes that the broker does not know these events, although it may know higher ids. */
  unsent(slots: readonly number[]): void;
}

/** What {@link Sequences} needs of the lane's queue: the events at its head that match. */
interface Waiting {
  headOf(matches: (slot: number) => boolean): number[];
}

/** Numbers the events of a lane with sequences that increase on each connection. */
export class Sequences {
  readonly #log: EventLog;
  readonly #queue: Waiting;
  readonly #spooling: SpoolIds | undefined;
  #last = 0;
  /** The broker's highest sequence when the present connection was opened. */
  storedBefore = 0;
  /** The highest sequence that this connection has carried. */
  #carried = 0;
  /** The highest sequence that the broker confirmed, or had from before; unknown until it is connected. */
  storedTo: number | undefined;
  /** What the broker had stored when this program connected first: only earlier programs can have sent it. */
  #storedByEarlier: number | undefined;

  /** @param spooling gives each event an id that rises across programs. */
  constructor(log: EventLog, queue: Waiting, spooling?: SpoolIds) {
    this.#log = log;
    this.#queue = queue;
    this.#spooling = spooling;
  }

  /** @param lastSequence what the broker has stored of the lane. */
  connected(lastSequence: number): void {
    this.#carried = 0;
    this.storedBefore = lastSequence;
    this.#storedByEarlier ??= lastSequence;
    this.confirmed(lastSequence);
    this.#last = Math.max(this.#last, this.storedTo!);
  }

  /** An earlier program has sent the event, and the broker has it. */
  isStored(slot: number): boolean {
    const id = this.#log.spoolId[slot]!;
    return this.#log.has(slot, FROM_EARLIER) && id > 0 && id <= (this.#storedByEarlier ?? 0);
  }

  confirmed(sequence: number): void {
    this.storedTo = Math.max(this.storedTo ?? 0, sequence);
  }

  /**
   * Gives each message its sequence, which its events share; `ends` says where each message ends. What is sent again
   * keeps its own, unless the connection has carried a higher one before it: that of the event which a suspect has let
   * go first.
   */
  assign(slots: readonly number[], ends: readonly number[] | undefined): void {
    const wanted = this.#wanted(slots, ends);
    for (let from = 0, at = 0; from < slots.length; at++) {
      const to = ends?.[at] ?? from + 1;
      this.#assign(slots, from, to, wanted(at));
      from = to;
    }
  }

  /** These events stay behind while the broker gets others of this batch, which may have higher ids. */
  passedOver(slots: readonly number[]): void {
    const unsent = slots.filter((slot) => this.#log.sequence[slot] === 0 && !this.isStored(slot));
    if (unsent.length > 0) this.#spooling?.unsent(unsent);
  }

  /** The broker refused these events: it does not know them, and they will get other sequences. */
  takeBack(slots: readonly number[]): void {
    for (const slot of slots) this.#log.renumber(slot);
    this.passedOver(slots);
  }

  /**
   * The ids that the messages of a batch get, as far as they are above those before. They are the highest of its own
   * events: what waits has higher ones, and a broker that has the batch cannot be thought to have that.
   */
  #wanted(slots: readonly number[], ends: readonly number[] | undefined): (message: number) => number {
    const spooling = this.#spooling;
    if (spooling === undefined) return () => 0;
    if (ends === undefined) return (message) => spooling.idOf(slots[message]!);
    const ids = slots.map((slot) => spooling.idOf(slot)).sort((a, b) => a - b);
    return (message) => ids[slots.length - ends.length + message]!;
  }

  #assign(slots: readonly number[], from: number, to: number, wanted: number): void {
    const { sequence } = this.#log;
    const last = slots[to - 1]!;
    for (let i = from; i < to; i++) {
      const slot = slots[i]!;
      if (sequence[slot]! <= this.#carried || sequence[slot] !== sequence[last]) this.#log.renumber(slot);
    }
    const before = this.#last;
    const fresh = sequence[last] === 0;
    this.#carried = sequence[last]! || Math.max(before + 1, wanted);
    this.#last = Math.max(before, this.#carried);
    if (fresh && this.#spooling !== undefined)
      this.#note(this.#spooling, slots.slice(from, to), before, wanted);
    for (let i = from; i < to; i++) {
      const slot = slots[i]!;
      sequence[slot] = this.#carried;
      if (this.#carried <= this.storedBefore && !this.#log.has(slot, MAYBE_STORED))
        this.#log.mark(slot, DUPLICATE);
    }
  }

  /** The next program compares the ids of unsettled events, as it reads them from the disk, with what the broker has. */
  #note(spooling: SpoolIds, slots: readonly number[], before: number, wanted: number): void {
    const number = this.#carried;
    if (number > wanted) this.passedOver(this.#queue.headOf((slot) => spooling.idOf(slot) <= number));
    const differing = slots.filter((slot) => {
      const id = spooling.idOf(slot);
      const noted = this.#log.spoolId[slot]!;
      return id > number || id <= before || (noted !== 0 && noted !== id);
    });
    if (differing.length > 0) spooling.numbered(differing, number);
  }
}
