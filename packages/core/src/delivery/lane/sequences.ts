import { DUPLICATE, type EventLog, FROM_EARLIER, MAYBE_STORED } from "../../buffer/event-log.js";

/** The ids that the spool gives events, for brokers that deduplicate. */
export interface SpoolIds {
  idOf(slot: number): number;
  /** Notes that the broker is about to know these events by another id. */
  numbered(slots: readonly number[], id: number): void;
}

/** Numbers the events of a lane with sequences that increase on each connection. */
export class Sequences {
  readonly #log: EventLog;
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
  constructor(log: EventLog, spooling?: SpoolIds) {
    this.#log = log;
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
    return this.#log.has(slot, FROM_EARLIER) && id <= (this.#storedByEarlier ?? 0);
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
    for (let from = 0, at = 0; from < slots.length; at++) {
      const to = ends?.[at] ?? from + 1;
      this.#assign(slots, from, to);
      from = to;
    }
  }

  #assign(slots: readonly number[], from: number, to: number): void {
    const { sequence } = this.#log;
    const last = slots[to - 1]!;
    for (let i = from; i < to; i++) {
      const slot = slots[i]!;
      if (sequence[slot]! <= this.#carried || sequence[slot] !== sequence[last]) this.#log.renumber(slot);
    }
    const before = this.#last;
    const fresh = sequence[last] === 0;
    const own = this.#spooling?.idOf(last) ?? 0;
    this.#carried = sequence[last]! || Math.max(before + 1, own);
    this.#last = Math.max(before, this.#carried);
    // The next program takes the ids of unsettled events for what it reads from the disk.
    if (
      fresh &&
      this.#spooling !== undefined &&
      (this.#carried !== own || this.#spooling.idOf(slots[from]!) <= before)
    )
      this.#spooling.numbered(slots.slice(from, to), this.#carried);
    for (let i = from; i < to; i++) {
      const slot = slots[i]!;
      sequence[slot] = this.#carried;
      if (this.#carried <= this.storedBefore && !this.#log.has(slot, MAYBE_STORED))
        this.#log.mark(slot, DUPLICATE);
    }
  }
}
