import { setTimeout as pause } from "node:timers/promises";
import { maybeDone } from "../failure.js";
import { RefusedRequest } from "../http/api.js";

/** Pauses before the tries that follow the first, in milliseconds: some six seconds in all. */
const PAUSES_MS = [100, 200, 400, 800, 1600, 3200];

/**
 * Tries again what the service refuses for a reason of its own, or for a quota: what is asked for here does no harm when
 * it is done twice.
 */
export async function persistently<T>(signal: AbortSignal, step: () => Promise<T>): Promise<T> {
  for (const ms of PAUSES_MS) {
    try {
      return await step();
    } catch (error) {
      if (signal.aborted || !isPassing(error)) throw error;
      await pause(Math.max(ms, error.retryAfterMs ?? 0), undefined, { signal, ref: false });
    }
  }
  return step();
}

const isPassing = (error: unknown): error is RefusedRequest =>
  error instanceof RefusedRequest && (error.status === 429 || maybeDone(error));
