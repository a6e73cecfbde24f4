import { headerField, propertyField, type ReceivedMessage } from "@streamll/transport-kit";
import { numberOf, type Reading, textIn } from "../consuming/delivery.js";

const redelivered = (message: ReceivedMessage): boolean =>
  message.header(headerField.firstAcquirer) === false;

/** Annotations that are told as properties. */
const told = new Set(["x-exchange", "x-routing-key", "x-basic-type"]);

/**
 * A message as RabbitMQ 4 delivers it. What was sent over AMQP 0-9-1 stands elsewhere here: `type` in an annotation,
 * `app-id` in group-id.
 */
export const rabbitmqReading: Reading = {
  exchange: (message) => annotation(message, "x-exchange"),
  routingKey: (message) => annotation(message, "x-routing-key"),
  type: (message) => annotation(message, "x-basic-type") ?? textIn(message, propertyField.subject),
  appId: (message) => textIn(message, propertyField.groupId),
  orderingKey: () => undefined,
  redelivered,
  /**
   * Quorum queues count in an annotation: before 4.3 every return, from then on failures only. The header says 0 of what
   * was released, and of all that comes from a classic queue.
   */
  earlier(message) {
    const count = numberOf(
      message.annotations["x-delivery-count"] ?? message.header(headerField.deliveryCount),
    );
    return count === 0 && redelivered(message) ? undefined : count;
  },
  headers({ annotations, applicationProperties }) {
    const others = Object.entries(annotations).filter(([name]) => !told.has(name));
    return Object.fromEntries([...others, ...Object.entries(applicationProperties)]);
  },
};

function annotation({ annotations }: ReceivedMessage, name: string): string | undefined {
  const value = annotations[name];
  return typeof value === "string" ? value : undefined;
}
