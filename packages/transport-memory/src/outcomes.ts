import {
  type OutboundMessage,
  type PublishOutcome,
  type Relayed,
  TransportError,
  type TransportOptions,
} from "@streamll/core";
import { logLine } from "@streamll/core/internal";
import type { MemoryMessage } from "./message.js";
import type { Peer } from "./peer.js";

const confirmed: PublishOutcome = { kind: "confirmed" };
const written: PublishOutcome = { kind: "written" };

/** Publishes one message and says what the broker answers. Throws where RabbitMQ would close the channel. */
export function outcomes(
  { router, condition, label }: Peer,
  { confirms, message: defaults, logger }: TransportOptions,
): (message: OutboundMessage) => PublishOutcome {
  const unroutable = new Map<string, PublishOutcome>();
  const nacked = refused(
    "nack",
    `${label}: the broker did not take the message: one of its queues is full (overflow: reject-publish), or your program told it to nack. Let the queue be read, or raise its limit`,
  );
  let warned = false;

  const unroutableOn = (exchange: string): PublishOutcome => {
    let outcome = unroutable.get(exchange);
    if (outcome === undefined) {
      const text = `${label}: no queue of exchange "${exchange}" takes the message: bind one to its routing key`;
      outcome = refused("unroutable", text);
      unroutable.set(exchange, outcome);
    }
    return outcome;
  };

  return (outbound) => {
    const message = received(outbound, defaults);
    if (condition.nacks?.(message)) return confirms ? nacked : written;
    const published = router.publish(message);
    if (published === "unroutable" && defaults.mandatory) {
      if (confirms) return unroutableOn(message.exchange);
      if (!warned) {
        const { exchange } = message;
        logLine(
          logger,
          "returned",
          { endpoint: label, exchange },
          "A message came back because no queue takes it; logged once per connection",
        );
      }
      warned = true;
    }
    if (!confirms) return written;
    return published === "full" ? nacked : confirmed;
  };
}

function refused(kind: "nack" | "unroutable", message: string): PublishOutcome {
  return { kind: "refused", error: new TransportError(kind, message) };
}

function received(message: OutboundMessage, defaults: TransportOptions["message"]): MemoryMessage {
  if (message.relayed !== undefined) return copyOf(message, message.relayed);
  const { contentType, appId, priority, expirationMs } = defaults;
  const { contentEncoding } = message;
  return {
    body: message.body(),
    exchange: message.exchange ?? defaults.exchange,
    routingKey: message.routingKey,
    messageId: message.messageId,
    correlationId: message.correlationId,
    type: message.type,
    timestamp: message.timestamp,
    headers: message.headers,
    appId,
    contentType,
    ...(contentEncoding === undefined ? {} : { contentEncoding }),
    ...(priority === undefined ? {} : { priority }),
    ...(expirationMs === undefined ? {} : { expirationMs }),
    deliveryMode: defaults.persistent ? 2 : 1,
    redelivered: false,
  };
}

/** What was consumed, as it was: but for where it goes, its headers, and its expiration. */
function copyOf(
  { exchange = "", routingKey, headers }: OutboundMessage,
  { message, without }: Relayed,
): MemoryMessage {
  const kept = Object.entries(message.headers).filter(([name]) => !without.has(name));
  return {
    body: message.body,
    exchange,
    routingKey,
    messageId: message.messageId ?? "",
    correlationId: message.correlationId ?? "",
    type: message.type ?? "",
    timestamp: message.timestamp ?? 0,
    headers: { ...Object.fromEntries(kept), ...headers },
    appId: message.appId ?? "",
    contentType: message.contentType ?? "",
    ...(message.priority === undefined ? {} : { priority: message.priority }),
    ...(message.contentEncoding === undefined ? {} : { contentEncoding: message.contentEncoding }),
    deliveryMode: message.persistent === false ? 1 : 2,
    redelivered: false,
  };
}
