/** The command line makes no sense: exit code 2, as that of a `ConfigurationError`. */
export class UsageError extends Error {}

/** An error that the user should read: exit code 1, without a stack. */
export class Failure extends Error {}

export const exitCode = {
  done: 0,
  failed: 1,
  usage: 2,
  /** `pipe --on-error skip`: all events are confirmed, but lines were skipped. */
  skipped: 3,
  /** Something is left of what was asked for, or went wrong. */
  partial: 4,
} as const;

export const whenAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });

/** What `step` gives, or `undefined` once the signal aborts. It leaves no listener at the signal. */
export async function unlessAborted<T>(step: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  let stop = () => {};
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
  });
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([step, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
