import { DeliveryError, TransportError } from "../../errors.js";
import type { PublishOutcome } from "../../transport.js";

/** What is known of the events that share an outcome. */
export interface OutcomeState {
  /** How many they are. */
  readonly events: number;
  /** The broker deduplicates by sequence: what may be stored must go again in its old place. */
  readonly deduplication: boolean;
  /** The first one's sequence is the publisher's own. */
  readonly numbered: boolean;
}

/**
 * What an outcome means for the events that share it.
 *
 * - `sent`: the broker has them, or they were written where confirms are off.
 * - `hold`: the broker is too busy. They wait at the head of their lane, and no try is used.
 * - `halve`: one answer for several, and which of them it means is unknown. They go again in halves, and no try is used.
 * - `rewind`: they may be stored. The whole lane goes back on a new connection, each in its old place.
 * - `each`: every event is on its own, and {@link decideTry} says what becomes of it.
 */
export type Decision =
  | { readonly do: "sent"; readonly as: "confirmed" | "written" }
  | { readonly do: "hold"; readonly error: TransportError }
  | { readonly do: "halve" }
  | { readonly do: "rewind"; readonly error: TransportError }
  | { readonly do: "each"; readonly error: TransportError; readonly maybeStored: boolean };

const unexplained = new TransportError("protocol", "The broker refused the event and gave no reason");

/** The broker has it, or it was written where confirms are off. */
export const isSent = (outcome: PublishOutcome): boolean =>
  outcome?.kind === "confirmed" || outcome?.kind === "written";

/** Decides what an outcome means. An outcome that the seam does not have counts as unknown. */
export function decide(outcome: PublishOutcome, { events, deduplication, numbered }: OutcomeState): Decision {
  switch (outcome?.kind) {
    case "confirmed":
    case "written":
      return { do: "sent", as: outcome.kind };
    case "refused": {
      const { error = unexplained, shared = 1 } = outcome;
      // Where the broker deduplicates, the lane cannot go back past what it has since taken.
      if (error.kind === "throttled" && !error.permanent && !deduplication) return { do: "hold", error };
      const group = shared === true ? events : Number(shared);
      return group > 1 && !numbered ? { do: "halve" } : { do: "each", error, maybeStored: false };
    }
    default: {
      const error = outcome?.error ?? new TransportError("timeout", "The broker gave no answer");
      return deduplication ? { do: "rewind", error } : { do: "each", error, maybeStored: true };
    }
  }
}

/** What is known of one event that was refused, or stayed unanswered. */
export interface TryState {
  /** Tries used up before this one. */
  readonly tries: number;
  readonly maxRetries: number;
  readonly numbered: boolean;
}

/** Whether an event is tried again: not where a retry cannot help, and not under a sequence that later ones have passed. */
export const decideTry = (
  error: TransportError,
  { tries, maxRetries, numbered }: TryState,
): "retry" | "fail" => (!error.permanent && !numbered && tries < maxRetries ? "retry" : "fail");

/** What an event fails with when it is not tried again. */
export function failureOf(error: TransportError): DeliveryError {
  const options = { cause: error };
  if (error.kind === "unroutable") return new DeliveryError("UNROUTABLE", error.message, options);
  if (error.kind === "too-large") return new DeliveryError("EVENT_TOO_LARGE", error.message, options);
  if (error.permanent) return new DeliveryError("REJECTED", error.message, options);
  return new DeliveryError("RETRIES_EXHAUSTED", `refused at every try: ${error.message}`, options);
}
