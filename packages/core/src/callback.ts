/**
 * Runs a callback of the user's. What it throws, and what it rejects with where it is async, goes to `failed` and
 * never to the host.
 */
export function runCallback(callback: () => unknown, failed: (error: unknown) => void): void {
  try {
    const result = callback();
    if (isThenable(result)) Promise.resolve(result).catch(failed);
  } catch (error) {
    failed(error);
  }
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value;
}

/** For logs: what is in the message of a user's error is not known, and may be data. */
export function nameOfError(error: unknown): string {
  try {
    return error instanceof Error ? String(error.name) : typeof error;
  } catch {
    return "something unreadable";
  }
}
