import type { Clock } from "./clock.js";

/** Keeps the process alive while something is awaited. */
export class KeepAlive {
  readonly #clock: Clock;
  #holds = 0;
  #release: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.#holds++ === 0) this.#release = this.#clock.keepAlive();
    try {
      return await work();
    } finally {
      if (--this.#holds === 0) this.#release?.();
    }
  }
}

/** Waits for `done`, but no longer than `ms`. */
export async function within(clock: Clock, ms: number, done: Promise<unknown>): Promise<void> {
  let cancel = () => {};
  const late = new Promise<void>((resolve) => {
    cancel = clock.after(Math.max(0, ms), resolve);
  });
  await Promise.race([done, late]);
  cancel();
}

// Promise.withResolvers came with Node 22.
export function withResolvers<T>() {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
