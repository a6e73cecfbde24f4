import { DeliveryError, TransportError } from "../../errors.js";
import type { PublishOutcome } from "../../transport.js";

/** What is known of the events that share an outcome. */
export interface OutcomeState {
  /** The number of events. */
  readonly events: number;
  /** Whether the broker deduplicates by sequence, so that what may be stored must be sent again in its old place. */
  readonly deduplication: boolean;
  /** Whether the publisher set the sequence of the first event. */
  readonly numbered: boolean;
}

/**
 * What an outcome means for the events that share it.
 *
 * - `sent`: the broker has them, or they were written and confirms are off.
 * - `hold`: the broker is too busy. They wait at the head of their lane, and no attempt is used.
 * - `halve`: one answer for several, and which of them caused it is unknown. They are sent again in halves, and no attempt
 *   is used.
 * - `rewind`: they may be stored. The whole lane is sent again on a new connection, each event in its old place.
 * - `each`: {@link decideTry} decides for every event on its own.
 */
export type Decision =
  | { readonly do: "sent"; readonly as: "confirmed" | "written" }
  | { readonly do: "hold"; readonly error: TransportError }
  | { readonly do: "halve" }
  | { readonly do: "rewind"; readonly error: TransportError }
  | { readonly do: "each"; readonly error: TransportError; readonly maybeStored: boolean };

const unexplained = new TransportError("protocol", "The broker refused the event and gave no reason");

/** The broker has the event, or it was written and confirms are off. */
export const isSent = (outcome: PublishOutcome): boolean =>
  outcome?.kind === "confirmed" || outcome?.kind === "written";

/** Decides what an outcome means. An outcome that is not part of the contract counts as unknown. */
export function decide(outcome: PublishOutcome, { events, deduplication, numbered }: OutcomeState): Decision {
  switch (outcome?.kind) {
    case "confirmed":
    case "written":
      return { do: "sent", as: outcome.kind };
    case "refused": {
      const { error = unexplained, shared = 1 } = outcome;
      // If the broker deduplicates, the lane cannot go back behind what the broker has accepted since.
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

/** What is known of one event that was refused or stayed unanswered. */
export interface TryState {
  /** Attempts used up before this one. */
  readonly tries: number;
  readonly maxRetries: number;
  readonly numbered: boolean;
}

/** Whether to retry an event: not if a retry cannot help, and not under a sequence that later events have passed. */
export const decideTry = (
  error: TransportError,
  { tries, maxRetries, numbered }: TryState,
): "retry" | "fail" => (!error.permanent && !numbered && tries < maxRetries ? "retry" : "fail");

/** The error of an event that is not retried. */
export function failureOf(error: TransportError): DeliveryError {
  const options = { cause: error };
  if (error.kind === "unroutable") return new DeliveryError("UNROUTABLE", error.message, options);
  if (error.kind === "too-large") return new DeliveryError("EVENT_TOO_LARGE", error.message, options);
  if (error.permanent) return new DeliveryError("REJECTED", error.message, options);
  return new DeliveryError("RETRIES_EXHAUSTED", `refused at every try: ${error.message}`, options);
}
