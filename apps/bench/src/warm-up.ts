/** Events before those that are measured: until V8 has compiled what runs often, all are slower. */
export const WARM_UP = 20_000;
/** The least that all batches of the contestants fit into: of 50, 100 and 500. */
export const STEP = 500;
