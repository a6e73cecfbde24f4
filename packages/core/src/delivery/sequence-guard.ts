/** Who numbers the events: the lanes, or the one who publishes. */
export class SequenceGuard {
  #byLanes = false;
  #last = 0;

  /**
   * Why an event with this sequence, 0 where it has none, cannot follow those before it. A broker that deduplicates
   * would take it for one that it has, and confirm it.
   */
  validate(sequence: number): string | undefined {
    if (sequence === 0)
      return this.#last > 0 ? "the events before it had a sequence: give it one too" : undefined;
    if (this.#byLanes) return "the events before it had no sequence: give one to all of them, or to none";
    if (!Number.isSafeInteger(sequence) || sequence < 1)
      return `sequence is ${sequence}; allowed is a whole number from 1 to ${Number.MAX_SAFE_INTEGER}`;
    return sequence > this.#last
      ? undefined
      : `sequence ${sequence} is not above ${this.#last}, the one of the event before it`;
  }

  accepted(sequence: number): void {
    if (sequence === 0) this.#byLanes = true;
    else this.#last = sequence;
  }
}
