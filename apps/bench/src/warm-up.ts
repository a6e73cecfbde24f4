/** The least that all batches of the contestants fit into: of 50, 100 and 500. */
export const STEP = 500;

/** A part of the events of a run, rounded up to whole steps. */
export const share = (events: number, parts: number): number => STEP * Math.ceil(events / parts / STEP);

/**
 * Events before those that are measured: V8 compiles what runs often, in the background, and again as it learns more. After
 * 20,000 events a tenth of a client's CPU still went into that, and it goes on for about two seconds.
 */
export const warmUpOf = (events: number): number => Math.max(100_000, share(events, 4));
