/** A user wonders after so long what is going on. */
const PATIENCE_MS = 2000;

/** Says what is waited for, where a step takes long: who is silent is given up only after `connectionTimeout`. */
export async function toldIfSlow<T>(step: Promise<T>, tell: () => void, ms = PATIENCE_MS): Promise<T> {
  const timer = setTimeout(tell, ms);
  try {
    return await step;
  } finally {
    clearTimeout(timer);
  }
}

/** @param isEndless with --wait-for-broker no timeout ends the waiting. */
export const waitingFor = (label: string, isEndless = false): string =>
  `waiting for ${label} to answer${isEndless ? "" : "; --connection-timeout says for how long"}`;
