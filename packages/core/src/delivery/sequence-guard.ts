/** Makes sure that either the lanes or the publisher number the events. */
export class SequenceGuard {
  #byLanes = false;
  #last = 0;

  /**
   * Returns why an event with this sequence (0 for none) cannot follow those before it: a deduplicating broker would
   * confirm it as a duplicate.
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
