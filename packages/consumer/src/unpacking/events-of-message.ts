import type { Delivery } from "@streamll/core";
import { BATCH_HEADER, epochMsOf } from "@streamll/core/internal";
import { decompressed } from "./decompress.js";

const BRACE = "{".charCodeAt(0);
const LINES = "application/x-ndjson";
const CLOUD_EVENT = "application/cloudevents+json";

/**
 * Each event of a message as a delivery of its own. `undefined` for what needs no unpacking, and for what cannot be
 * unpacked: whoever reads single messages says what is wrong with it.
 */
export function eventsOfMessage(message: Delivery): readonly Delivery[] | undefined {
  const type = mediaTypeOf(message);
  if (message.body[0] === BRACE && type !== LINES && type !== CLOUD_EVENT) return undefined;
  try {
    const text = decompressed(message.body, message.contentEncoding).toString("utf8");
    const values = type === LINES ? linesOf(text) : [JSON.parse(text)].flat();
    if (values.length === 0) return undefined;
    const shared = { ...sharedBy(message), packed: values.length === 1 ? message : undefined };
    return values.map((value) =>
      lockedAs(message, deliveryOf(shared, type === CLOUD_EVENT ? eventIn(value) : value)),
    );
  } catch {
    return undefined;
  }
}

/** Without parameters, such as `charset`. */
function mediaTypeOf({ contentType = "" }: Delivery): string {
  if (contentType === "application/json") return contentType;
  return contentType.split(";", 1)[0]!.trim().toLowerCase();
}

const linesOf = (text: string): unknown[] =>
  text.split("\n").flatMap((line) => (line.trim() === "" ? [] : [JSON.parse(line)]));

/** The `data` of a CloudEvent is the whole event. */
const eventIn = (value: unknown): unknown => (isObject(value) && "data" in value ? value.data : value);

/** Read once for all events of a message: a transport decodes a property each time that it is asked for. */
const sharedBy = (message: Delivery): Omit<Delivery, "body"> => ({
  exchange: message.exchange,
  routingKey: message.routingKey,
  messageId: undefined,
  correlationId: message.correlationId,
  type: message.type,
  timestamp: message.timestamp,
  headers: withoutCount(message.headers),
  contentType: "application/json",
  contentEncoding: undefined,
  appId: message.appId,
  userId: message.userId,
  replyTo: message.replyTo,
  priority: message.priority,
  expiration: message.expiration,
  persistent: message.persistent,
  redelivered: message.redelivered,
  earlier: message.earlier,
  orderingKey: message.orderingKey,
  partition: message.partition,
  offset: message.offset,
});

/** A lock is the message's, and its end moves. */
function lockedAs(message: Delivery, event: Delivery): Delivery {
  if (message.lockedUntil === undefined) return event;
  return Object.defineProperty(event, "lockedUntil", { get: () => message.lockedUntil, enumerable: true });
}

/** It would be wrong of one event. */
const withoutCount = ({ [BATCH_HEADER]: _, ...headers }: Delivery["headers"]) => headers;

/** With the properties that the event would have as a message of its own. */
function deliveryOf(shared: Omit<Delivery, "body">, event: unknown): Delivery {
  const body = Buffer.from(JSON.stringify(event));
  if (!isObject(event)) return { ...shared, body };
  const { event_id, execution_id, event_type, timestamp } = event;
  return {
    ...shared,
    body,
    messageId: text(event_id),
    correlationId: text(execution_id),
    type: text(event_type),
    timestamp: typeof timestamp === "string" ? epochMsOf(timestamp) : shared.timestamp,
  };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
