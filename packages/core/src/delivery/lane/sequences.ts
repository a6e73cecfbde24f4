import { DUPLICATE, type EventLog, MAYBE_STORED } from "../../buffer/event-log.js";

/** Numbers the events of a lane with sequences that increase on each connection. */
export class Sequences {
  readonly #log: EventLog;
  #last = 0;
  /** The broker's highest sequence when the present connection was opened. */
  storedBefore = 0;
  /** The highest sequence that this connection has carried. */
  #carried = 0;
  /** The highest sequence that the broker confirmed, or had from before; unknown until it is connected. */
  storedTo: number | undefined;

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** @param lastSequence what the broker has stored of the lane. */
  connected(lastSequence: number): void {
    this.#carried = 0;
    this.storedBefore = lastSequence;
    this.confirmed(lastSequence);
    this.#last = Math.max(this.#last, this.storedTo!);
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
    this.#carried = sequence[last]! || this.#last + 1;
    this.#last = Math.max(this.#last, this.#carried);
    for (let i = from; i < to; i++) {
      const slot = slots[i]!;
      sequence[slot] = this.#carried;
      if (this.#carried <= this.storedBefore && !this.#log.has(slot, MAYBE_STORED))
        this.#log.mark(slot, DUPLICATE);
    }
  }
}
