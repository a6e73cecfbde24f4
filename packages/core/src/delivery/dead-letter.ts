import type { DeliveryError } from "../errors.js";
import type { MessageChanges, OutboundMessage } from "../transport.js";

/** Where events that the broker refused for good are published. */
export interface DeadLetterRoute {
  readonly exchange: string;
  /** The exchange that events are meant for, as the headers of a dead letter name it. */
  readonly from: string;
  routingKey(message: OutboundMessage): string;
}

/** Headers share one frame with all other properties, and a broker may quote a whole list of bindings. */
const LONGEST_MESSAGE = 1000;

/** An event as a dead letter, with the headers that a replay or a reader needs. */
export const deadLetterOf = (
  message: OutboundMessage,
  { exchange, from, routingKey }: DeadLetterRoute,
  failure: DeliveryError,
  attempts: number,
): MessageChanges => ({
  exchange,
  routingKey: routingKey(message),
  headers: {
    ...message.headers,
    streamll_failure: failure.code,
    streamll_failure_message: failure.message.slice(0, LONGEST_MESSAGE),
    streamll_exchange: from,
    streamll_routing_key: message.routingKey,
    streamll_attempts: attempts,
    streamll_failed_at: new Date().toISOString(),
  },
});
