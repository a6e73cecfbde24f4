import { setTimeout as sleep } from "node:timers/promises";

/** Waits until the condition holds; where it throws, or does not hold in time, rejects. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string | (() => string),
  timeoutMs = 30_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > deadline) {
      const missing = typeof what === "string" ? what : what();
      throw new Error(`waited ${timeoutMs / 1000} s in vain for ${missing}`);
    }
    await sleep(50);
  }
}
