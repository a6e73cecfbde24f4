import type { AmqpError, Delivery } from "rhea";
import type { Answer } from "./dialect.js";

export type Answered = { readonly outcome: "accepted" } | Answer;

/** What rhea has of a settled delivery's state; a state without a name is none that it knows. */
interface State {
  readonly constructor: { readonly composite_type?: string };
  readonly error?: AmqpError;
  readonly delivery_failed?: boolean;
  readonly undeliverable_here?: boolean;
}

export function answerOf({ remote_state }: Delivery): Answered {
  const state = remote_state as State | undefined;
  const outcome = state?.constructor.composite_type;
  switch (outcome) {
    case "accepted":
    case "released":
      return { outcome };
    case "rejected": {
      const { condition, description } = state?.error ?? {};
      return {
        outcome,
        ...(condition ? { condition: String(condition) } : {}),
        ...(description ? { description } : {}),
      };
    }
    case "modified":
      return {
        outcome,
        deliveryFailed: state?.delivery_failed === true,
        undeliverableHere: state?.undeliverable_here === true,
      };
    default:
      return { outcome: "other" };
  }
}
