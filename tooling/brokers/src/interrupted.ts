import { once } from "node:events";

/** Waits for Ctrl-C, or its like. */
export async function interrupted(): Promise<void> {
  // Brokers do not hold the process that started them: they go with it.
  const hold = setInterval(() => {}, 60_000);
  await Promise.race(["SIGINT", "SIGTERM", "SIGHUP"].map((signal) => once(process, signal)));
  clearInterval(hold);
}
