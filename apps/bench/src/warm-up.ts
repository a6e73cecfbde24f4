/**
 * Events before those that are measured: V8 compiles what runs often, in the background, and again as it learns more. After
 * 20,000 events a tenth of a client's CPU still went into that.
 */
export const WARM_UP = 100_000;
/** The least that all batches of the contestants fit into: of 50, 100 and 500. */
export const STEP = 500;
