import type { Answer } from "./dialect.js";
import { message, outcomeOf } from "./rhea.js";

export type Answered = { readonly outcome: "accepted" } | Answer;

/** @param state of a disposition as rhea gives it; one without a name, or with another, says nothing. */
export function answerOf(state: unknown): Answered {
  const outcome = outcomeNames.find((name) => state && message[`is_${name}`](state));
  switch (outcome) {
    case "accepted":
    case "released":
      return { outcome };
    case "rejected": {
      const { error } = outcomeOf(state);
      return {
        outcome,
        ...(error?.condition ? { condition: String(error.condition) } : {}),
        ...(error?.description ? { description: error.description } : {}),
      };
    }
    case "modified": {
      const { delivery_failed: deliveryFailed, undeliverable_here: here } = outcomeOf(state);
      return { outcome, deliveryFailed: deliveryFailed === true, undeliverableHere: here === true };
    }
    default:
      return { outcome: "other" };
  }
}

const outcomeNames = ["accepted", "rejected", "released", "modified"] as const;
