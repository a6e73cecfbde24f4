// The timers here are not unref'd: a check must keep the process alive while the transport, rightly, does not.

/** Settles as `promise` does; rejects with what `late` makes once `ms` have passed. */
export async function within<T>(ms: number, promise: Promise<T>, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), ms);
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for a condition; `false` when `ms` passed without it. */
export async function until(ms: number, condition: () => boolean | Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + ms;
  for (let pause = 0; !(await condition()); pause = Math.min(pause + 1, 20)) {
    if (performance.now() >= deadline) return false;
    await elapse(pause);
  }
  return true;
}

export function elapse(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
