import { fullJitter, longPause } from "../delivery/backoff.js";
import type { Delivery, Verdict } from "./seam.js";

/** How a try of a handler ended, other than well. */
export type Failure =
  | { readonly kind: "threw" }
  | { readonly kind: "timeout" }
  /** The handler asked for a later try. */
  | { readonly kind: "later"; readonly delayMs: number }
  /** The store of what is done does not answer: no try was made. */
  | { readonly kind: "unready" }
  /** The handler gave the message up. */
  | { readonly kind: "dead"; readonly code: string; readonly why: string }
  /** The broker has given the message to somebody else. */
  | { readonly kind: "lost" }
  /** The time of `stop()` was over. */
  | { readonly kind: "interrupted" };

/** What the decision goes by. */
export interface Tried {
  /** Of this delivery, this one included. */
  readonly attempt: number;
  readonly attempts: number;
  readonly retryBackoffMs: number;
  readonly maxRetryBackoffMs: number;
  /** Of the transport. */
  readonly hasDeadLetters: boolean;
  readonly hasDelays: boolean;
  /** What is given up stays where it is, and can be passed over. */
  readonly isLog: boolean;
  readonly isStopping: boolean;
  /** 0 to 1. */
  readonly random: () => number;
}

/** The next try, by the same consumer while it keeps the delivery; or the verdict. */
export type Decision = { readonly kind: "retry"; readonly delayMs: number } | Verdict;

/** A longer wait is the broker's, where it can: it would hold a slot of the window and of `concurrency`. */
const LONGEST_IN_PLACE_MS = 60_000;

/** Without dead letters a message is tried again for ever, and then not more often than this. */
const LEAST_PAUSE_MS = 1000;
/** The longest that Node's timers wait. */
const LONGEST_MS = 2 ** 31 - 1;

const untried: Verdict = { kind: "again", failed: false };
const failed: Verdict = { kind: "again", failed: true };

/** What becomes of a delivery after a try that failed. */
export function afterFailure(failure: Failure, tried: Tried): Decision {
  const { attempt, attempts, hasDeadLetters, hasDelays, isLog, isStopping } = tried;
  if (failure.kind === "interrupted" || failure.kind === "lost") return untried;
  if (failure.kind === "dead" && (hasDeadLetters || isLog))
    return { kind: "dead", reason: failure.code, description: failure.why };
  if (attempt >= attempts && hasDeadLetters && failure.kind !== "unready") {
    const description = `${attempts} tries failed, the last one ${failure.kind === "timeout" ? "by handlerTimeout" : "by an error of the handler"}`;
    return { kind: "dead", reason: "RETRIES_EXHAUSTED", description };
  }
  if (isStopping) return failed;
  const delayMs = Math.min(LONGEST_MS, pauseAfter(failure, tried));
  if (hasDelays && delayMs > LONGEST_IN_PLACE_MS) return { kind: "again", failed: true, delayMs };
  return { kind: "retry", delayMs };
}

function pauseAfter(failure: Failure, tried: Tried): number {
  const { attempt, attempts, retryBackoffMs, maxRetryBackoffMs, random } = tried;
  const isExhausted = attempt >= attempts || failure.kind === "unready";
  const least = isExhausted ? LEAST_PAUSE_MS : 0;
  if (failure.kind === "later") return Math.max(least, failure.delayMs);
  if (isExhausted) return Math.max(least, longPause(maxRetryBackoffMs, random));
  return fullJitter(attempt - 1, retryBackoffMs, maxRetryBackoffMs, random);
}

/** How a delivery is to be handled: beside others, with nothing else beside it, or not at all. */
export type Admission = "handle" | "alone" | (Verdict & { readonly kind: "dead" });

/**
 * What ended the process before may do so again. A message that was delivered too often is parked before it is handled.
 * Where the broker does not count, one that comes again is handled alone, so that it takes no other with it.
 */
export function admit(
  delivery: Pick<Delivery, "earlier" | "redelivered">,
  { maxDeliveries, hasDeadLetters }: { readonly maxDeliveries: number; readonly hasDeadLetters: boolean },
): Admission {
  // A count in a first delivery is one that its sender wrote.
  if (!delivery.redelivered) return "handle";
  const { earlier } = delivery;
  if (earlier === undefined) return "alone";
  if (maxDeliveries === 0 || earlier < maxDeliveries || !hasDeadLetters) return "handle";
  const description = `it was delivered ${earlier} times before, and never settled`;
  return { kind: "dead", reason: "MAX_DELIVERIES", description };
}
