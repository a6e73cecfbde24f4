/** Events before those that are measured: until V8 has compiled what runs often, all are slower. */
export const WARM_UP = 20_000;
/** Events are counted in whole ones of these. */
export const STEP = 500;
