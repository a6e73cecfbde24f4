// The timers here are not unref'd: a check must keep the process alive while the transport, rightly, does not.

/** Settles as `promise` does; rejects with what `late` makes once `ms` have passed, and calls it only then. */
export function within<T>(ms: number, promise: Promise<T>, late: () => Error): Promise<T> {
  let settled = false;
  const done = () => {
    settled = true;
  };
  promise.then(done, done);
  const deadline = until(ms, () => settled).then((inTime) => {
    if (!inTime) throw late();
    return promise;
  });
  return Promise.race([promise, deadline]);
}

/**
 * Waits for a condition; `false` when `ms` passed without it. Time in which the event loop of the tests stood
 * still does not count: the transport could not answer.
 */
export async function until(ms: number, condition: () => boolean | Promise<boolean>): Promise<boolean> {
  let deadline = performance.now() + ms;
  for (let pause = 0; !(await condition()); pause = Math.min(pause + 1, 20)) {
    const due = performance.now() + pause;
    if (due - pause >= deadline) return false;
    await elapse(pause);
    deadline += Math.max(0, performance.now() - due);
  }
  return true;
}

export function elapse(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
