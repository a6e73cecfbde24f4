/**
 * Exponential backoff with full jitter: anywhere between nothing and the doubled base, so that a thousand
 * clients of a restarted broker do not come back at once.
 *
 * @param failures How many failures there were before this one.
 */
export function fullJitter(failures: number, baseMs: number, maxMs: number, random: () => number): number {
  return random() * Math.min(maxMs, baseMs * 2 ** Math.min(failures, 30));
}

/** The pause after a failure that does not recover by itself: between half of the longest pause and all of it. */
export const longPause = (maxMs: number, random: () => number): number => maxMs * (0.5 + random() / 2);
