import type { Delivery } from "@streamll/core";
import { isRecord } from "@streamll/core/options";
import { isProperty } from "../publish/attributes.js";

/** One message as the service hands it over. */
export interface Held {
  readonly ackId: string;
  readonly delivery: Delivery & { lockedUntil?: number };
  /** As they are on the message, those of its properties too. */
  readonly attributes: Readonly<Record<string, string>>;
}

/**
 * What stands in the answer to a pull: https://cloud.google.com/pubsub/docs/reference/rest/v1/PubsubMessage
 *
 * @throws SyntaxError for what no service of that kind answers.
 */
export function heldOf(received: unknown, exchange: string | undefined): Held {
  const { ackId, message, deliveryAttempt } = isRecord(received) ? received : {};
  if (typeof ackId !== "string" || !isRecord(message))
    throw new SyntaxError("the answer to a pull cannot be read");
  const { data = "", messageId, publishTime, orderingKey } = message;
  const attributes = (message.attributes ?? {}) as Readonly<Record<string, string>>;
  const text = (name: string) => (Object.hasOwn(attributes, name) ? attributes[name] : undefined);
  const earlier = typeof deliveryAttempt === "number" ? deliveryAttempt - 1 : undefined;
  const timestamp = Number(text("timestamp") ?? Date.parse(String(publishTime)));
  const delivery: Held["delivery"] = {
    body: Buffer.from(String(data), "base64"),
    exchange,
    routingKey: text("routing_key"),
    messageId: text("message_id") ?? String(messageId),
    correlationId: text("correlation_id"),
    type: text("type"),
    ...(Number.isFinite(timestamp) && { timestamp }),
    contentType: text("content_type"),
    contentEncoding: text("content_encoding"),
    appId: text("app_id"),
    headers: headersOf(attributes, messageId, publishTime),
    persistent: true,
    redelivered: (earlier ?? 0) > 0,
    earlier,
    orderingKey: typeof orderingKey === "string" && orderingKey !== "" ? orderingKey : undefined,
  };
  return { ackId, delivery, attributes };
}

/** What is no property; and what the service added. */
function headersOf(
  attributes: Readonly<Record<string, string>>,
  messageId: unknown,
  publishTime: unknown,
): Record<string, unknown> {
  const headers = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of Object.entries(attributes)) if (!isProperty(name)) headers[name] = value;
  headers.pubsub_message_id = messageId;
  headers.pubsub_publish_time = publishTime;
  return headers;
}
