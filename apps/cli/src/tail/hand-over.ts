import { eventsOfMessage } from "@streamll/consumer/internal";
import type { Delivery as Message } from "@streamll/core";
import type { Delivery } from "./subscription.js";

/**
 * Hands over each event of a message, also of a batch, of a compressed one and of a CloudEvent.
 *
 * @param done called once all of them are shown.
 */
export function handOver(message: Message, receive: (delivery: Delivery) => void, done: () => void): void {
  const { routingKey = "" } = message;
  const bodies = eventsOfMessage(message)?.map(({ body }) => body) ?? [message.body];
  let left = bodies.length;
  for (const body of bodies) receive({ body, routingKey, done: () => void (--left === 0 && done()) });
}
