/** Each power of two has this many buckets, so that a value is known to 0.2 %. */
const BUCKETS = 512;
const BUCKET_BITS = 9;

/**
 * Counts whole numbers in buckets that grow with the value. Unlike Node's own histogram it records many equal values in
 * one step, as one confirm is for a whole batch.
 */
export class Histogram {
  /** By power of two, created for the first value in it. The first row holds all values below {@link BUCKETS}. */
  readonly #rows: (Uint32Array | undefined)[] = [];
  count = 0;

  /** @param value Rounded to a whole number, and limited to 0 and 2^53 - 1. */
  record(value: number, times: number): void {
    const whole = Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.round(value)));
    const row = rowOf(whole);
    this.#rows[row] ??= new Uint32Array(BUCKETS);
    this.#rows[row][Math.floor(whole / widthOf(row)) % BUCKETS]! += times;
    this.count += times;
  }

  add(other: Histogram): void {
    for (const [row, counts] of other.#rows.entries()) {
      if (counts === undefined) continue;
      this.#rows[row] ??= new Uint32Array(BUCKETS);
      for (let bucket = 0; bucket < BUCKETS; bucket++) this.#rows[row][bucket]! += counts[bucket]!;
    }
    this.count += other.count;
  }

  /** The value that `share` percent of all values do not exceed; 0 if there are no values. */
  percentile(share: number): number {
    const rank = (this.count * share) / 100;
    let seen = 0;
    for (const [row, counts] of this.#rows.entries()) {
      for (let bucket = 0; counts !== undefined && bucket < BUCKETS; bucket++) {
        seen += counts[bucket]!;
        if (counts[bucket]! > 0 && seen >= rank) return (bucket + (row === 0 ? 0 : BUCKETS)) * widthOf(row);
      }
    }
    return 0;
  }
}

const rowOf = (whole: number): number => (whole < BUCKETS ? 0 : log2(whole) - BUCKET_BITS + 1);

/** How many whole numbers share a bucket of the row. */
const widthOf = (row: number): number => (row < 2 ? 1 : 2 ** (row - 1));

const log2 = (whole: number): number =>
  whole < 2 ** 32 ? 31 - Math.clz32(whole) : 63 - Math.clz32(whole / 2 ** 32);
