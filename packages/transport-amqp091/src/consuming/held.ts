/** No consumer handles more events in a millisecond: so many of the window keep a broker busy for so long. */
const MOST_PER_MS = 60;

/**
 * How much of the window may be open, or done and not written yet, before the broker is told of what is done: what is left
 * lasts it until it hears of that. Negative for a broker that is too far away: then it is told at once.
 */
export const mostHeld = (window: number, roundTripMs: number): number =>
  Math.min(window / 2, window - MOST_PER_MS * roundTripMs);
