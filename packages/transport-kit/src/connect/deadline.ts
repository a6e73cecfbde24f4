/** Bounds several steps together. */
export interface Deadline {
  /** Aborts when the time is up or the caller gives up. */
  readonly signal: AbortSignal;
  /** The promise's outcome, or a rejection once the time is up; what the promise does later is ignored. */
  race<T>(promise: Promise<T>): Promise<T>;
  /** Ends it: nothing aborts any more. */
  done(): void;
}

/**
 * Begins to count.
 *
 * @param outer gives up before the time is up, when it aborts.
 * @param late makes the error for when the time is up, or for when `outer` gave up.
 */
export function startDeadline(
  milliseconds: number,
  outer: AbortSignal,
  late: (error: { readonly givenUp: boolean }) => Error,
): Deadline {
  const controller = new AbortController();
  const { promise: aborted, reject } = rejection();
  const abort = (givenUp: boolean) => {
    const error = late({ givenUp });
    reject(error);
    controller.abort(error);
  };
  const giveUp = () => abort(true);
  const timer = setTimeout(() => abort(false), milliseconds);
  timer.unref();
  if (outer.aborted) giveUp();
  else outer.addEventListener("abort", giveUp, { once: true });

  return {
    signal: controller.signal,
    race: (promise) => Promise.race([promise, aborted]),
    done() {
      clearTimeout(timer);
      outer.removeEventListener("abort", giveUp);
    },
  };
}

/**
 * Bounds one step that a connection takes once it is open.
 *
 * @param life aborts with the end of the connection.
 * @throws what `late` makes, once the time is up.
 * @example
 * await within(5000, life.signal, () => new TransportError("timeout", `${label}: no answer`), ask("PING"));
 */
export function within<T>(
  milliseconds: number,
  life: AbortSignal,
  late: () => Error,
  step: Promise<T>,
): Promise<T> {
  const deadline = startDeadline(milliseconds, life, late);
  return deadline.race(step).finally(deadline.done);
}

function rejection(): { promise: Promise<never>; reject(error: Error): void } {
  let reject!: (error: Error) => void;
  const promise = new Promise<never>((_, settle) => {
    reject = settle;
  });
  // It may reject when no race is on: that is not unhandled.
  promise.catch(() => {});
  return { promise, reject };
}
