/** What `streamll ui` holds after a forced collection. */
export interface Held {
  /** Events that it has seen by then. */
  readonly done: number;
  readonly heapBytes: number;
  readonly rssBytes: number;
}

/** So many events fill its memory: 100,000. Once more, since the engine of JavaScript warms up too. */
const WARM_EVENTS = 200_000;
/** The events differ a little in length, and the engine gives back what it has freed when it likes. */
const HEAP_SHARE = 0.05;
const RSS_SHARE = 0.2;

/** The first sample with a full memory, and the last one. */
export function warmAndLast(samples: readonly Held[]): readonly [Held, Held] {
  const [warm, last] = [samples.find(({ done }) => done >= WARM_EVENTS), samples.at(-1)];
  if (warm === undefined || last === undefined || warm === last)
    throw new RangeError("there is too little to compare");
  return [warm, last];
}

/** What grew although the memory was full, in words. */
export function growthIn(samples: readonly Held[]): string[] {
  const [warm, last] = warmAndLast(samples);
  const grown = (what: "heapBytes" | "rssBytes", share: number) =>
    last[what] > warm[what] * (1 + share)
      ? [`${what} grew from ${warm[what]} after ${warm.done} events to ${last[what]} after ${last.done}`]
      : [];
  return [...grown("heapBytes", HEAP_SHARE), ...grown("rssBytes", RSS_SHARE)];
}
