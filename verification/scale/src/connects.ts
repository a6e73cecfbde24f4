/** How the connections of all sinks came back after the broker did. */
export interface Return {
  /** Sinks that connected again. */
  readonly returned: number;
  /** The most connections that were made within one second. */
  readonly peakPerSecond: number;
  /** Milliseconds after the broker took connections, until half of the sinks and until all of them had one. */
  readonly halfMs: number;
  readonly allMs: number;
}

/** @param times when each sink connected for the first time since the broker took connections, and when that was. */
export function returnOf(times: readonly number[], backAt: number): Return {
  const sorted = times.map((at) => at - backAt).toSorted((a, b) => a - b);
  let peak = 0;
  // The window ends with each connection in turn.
  for (let first = 0, last = 0; last < sorted.length; last++) {
    while (sorted[last]! - sorted[first]! >= 1000) first++;
    peak = Math.max(peak, last - first + 1);
  }
  return {
    returned: sorted.length,
    peakPerSecond: peak,
    halfMs: sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN,
    allMs: sorted.at(-1) ?? Number.NaN,
  };
}
