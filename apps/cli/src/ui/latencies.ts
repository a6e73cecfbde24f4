import { Histogram, printable } from "@streamll/core/internal";

/** Names come from the wire: what is beyond shares one row. */
const MOST_NAMES = 200;
const OTHERS = "all others";
/** A histogram counts whole numbers: tenths of a millisecond. */
const PER_MS = 10;

interface Row {
  readonly histogram: Histogram;
  failed: number;
}

export interface Latency {
  readonly name: string;
  readonly count: number;
  readonly failed: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** How long calls took, by their name, of all that were seen. */
export class Latencies {
  readonly #rows = new Map<string, Row>();

  record(name: string, ms: number, failed: boolean): void {
    const key = this.#rows.has(name) || this.#rows.size < MOST_NAMES ? name : OTHERS;
    const row = this.#rows.get(key) ?? { histogram: new Histogram(), failed: 0 };
    this.#rows.set(key, row);
    row.histogram.record(ms * PER_MS, 1);
    if (failed) row.failed++;
  }

  /** The most frequent first. */
  read(): Latency[] {
    const rows = [...this.#rows].map(([name, { histogram, failed }]) => {
      const at = (share: number) => histogram.percentile(share) / PER_MS;
      return { name: printable(name), count: histogram.count, failed, p50: at(50), p95: at(95), p99: at(99) };
    });
    return rows.sort((a, b) => b.count - a.count);
  }
}
