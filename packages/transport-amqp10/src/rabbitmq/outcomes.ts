import { type MessageDefaults, type PublishOutcome, TransportError } from "@streamll/core";
import { rabbitmqHints } from "@streamll/transport-kit";
import type { Answer, Dialect } from "../dialect.js";

const confirmed: PublishOutcome = { kind: "confirmed" };

/** What RabbitMQ means by an answer that is no `accepted`. */
export function outcomes({ exchange, mandatory }: MessageDefaults): Dialect["outcomeOf"] {
  return (answer, label) => {
    const said = [answer.condition, answer.description].filter(Boolean).join(": ");
    const refused = (kind: "unroutable" | "nack", text: string): PublishOutcome => ({
      kind: "refused",
      error: new TransportError(kind, `${label}: ${said ? `${said}. ` : ""}${text}`, {
        cause: causeOf(answer),
      }),
    });
    switch (answer.outcome) {
      case "released":
        // Over AMQP 0-9-1 the broker confirms it too, where nobody asked to have it back.
        return mandatory
          ? refused(
              "unroutable",
              exchange === ""
                ? "no queue takes the message: it goes to an exchange without a binding for it, or to a queue that is not there"
                : `no queue of exchange "${exchange}" takes the message: bind one to its routing key`,
            )
          : confirmed;
      case "rejected":
        if (answer.condition === "amqp:not-found") {
          // Of all other messages that is true too.
          const isOfAll = answer.description?.includes(`exchange '${exchange}' in vhost`);
          const hint = isOfAll ? rabbitmqHints.MAKE_AGAIN : "Create it on the broker";
          const error = new TransportError("not-found", `${label}: ${said}. ${hint}`, {
            permanent: !isOfAll,
          });
          return isOfAll ? { ends: error } : { kind: "refused", error };
        }
        if (answer.condition === "amqp:precondition-failed")
          return {
            kind: "refused",
            error: new TransportError("protocol", `${label}: ${said}`, { permanent: true }),
          };
        return refused("nack", rabbitmqHints.NACKED);
      case "modified":
        if (answer.deliveryFailed) return { kind: "unknown" };
        return refused("nack", "the broker gave the message back: see its log");
      default:
        return { kind: "unknown" };
    }
  };
}

/** The answer as the broker gave it. */
const causeOf = ({ outcome, condition, description }: Answer): Error =>
  Object.assign(new Error(description ?? condition ?? outcome), { outcome, condition });
