import { prefixOf, type RecordPlace } from "./record.js";

type Words = Pick<RecordPlace, "words" | "record">;

/** What was made of a record's prefix, for the records after it that have the same. */
export class PrefixMemory<T> {
  #prefix = 0;
  #made: T | undefined;

  /** What was kept of this record's prefix, if that was the last one. */
  of(place: Words): T | undefined {
    const prefix = prefixOf(place);
    return prefix !== 0 && prefix === this.#prefix ? this.#made : undefined;
  }

  /** Keeps what `make` returns. A record whose prefix has no number shares it with none: nothing is made of that. */
  keep(place: Words, make: () => T): void {
    const prefix = prefixOf(place);
    if (prefix === 0) return;
    this.#made = make();
    this.#prefix = prefix;
  }
}
