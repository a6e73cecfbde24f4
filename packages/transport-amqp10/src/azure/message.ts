import type { MessageDefaults, MessageHeaders, OutboundMessage } from "@streamll/core";
import { cutToShortString } from "@streamll/transport-kit";
import type { Message } from "rhea";
import { message as codec, types } from "../rhea.js";

/** What the options of these names have become for one event. */
type OwnTexts = Partial<Record<"sessionId" | "partitionKey", string>>;

/** A message without its body. */
export type Sections = Omit<Message, "body">;

/** Of message id, session id and partition key, in characters. */
export const LONGEST_ID = 128;

/**
 * The sections before the body, as Microsoft's clients fill them in. Where `exchange` names the queue or topic, the
 * subject is the routing key, which a subscription's filter may ask for; where the routing key names it, it is the type.
 */
export function sectionsOf(message: OutboundMessage, defaults: MessageDefaults): Sections {
  const { exchange, contentType, appId, persistent, expirationMs } = defaults;
  const { routingKey, messageId, correlationId, type, timestamp, headers } = message;
  const { sessionId, partitionKey }: OwnTexts = message.own;
  return {
    durable: persistent,
    message_id: messageId,
    correlation_id: cutToShortString(correlationId),
    subject: exchange === "" ? cutToShortString(type) : routingKey,
    content_type: contentType,
    ...(message.contentEncoding === undefined ? {} : { content_encoding: message.contentEncoding }),
    application_properties: propertiesOf(
      { app_id: appId || null, type: exchange === "" ? null : type },
      headers,
    ),
    ...timesOf(timestamp, expirationMs),
    ...(sessionId === undefined ? {} : { group_id: cut(sessionId) }),
    ...(partitionKey === undefined
      ? {}
      : { message_annotations: { "x-opt-partition-key": cut(partitionKey) } }),
  };
}

/** A reader of Microsoft's takes what lies between creation and expiry for the time to live. */
function timesOf(timestamp: number, ttl: number | undefined) {
  if (ttl === undefined) return { creation_time: new Date(timestamp) };
  const now = Date.now();
  return { ttl, creation_time: new Date(now), absolute_expiry_time: new Date(now + ttl) };
}

/** Those of one session, or one partition key, may go in one transfer: the service stores it as a whole. */
export function groupOf({ own }: OutboundMessage): string {
  const { sessionId, partitionKey }: OwnTexts = own;
  return `${sessionId ?? ""}\0${partitionKey ?? ""}`;
}

const cut = (text: string): string => text.slice(0, LONGEST_ID);

/** A consumer of any language reads long and double alike; what rhea makes of a number differs by its value. */
function propertiesOf(...all: readonly MessageHeaders[]): Record<string, unknown> {
  const properties: Record<string, unknown> = {};
  for (const [name, value] of all.flatMap((headers) => Object.entries(headers))) {
    if (value === undefined || value === null) continue;
    properties[name] = typeof value === "number" ? numberOf(value) : value;
  }
  return properties;
}

const numberOf = (value: number) =>
  Number.isSafeInteger(value) ? types.wrap_long(value) : types.wrap_double(value);

/** A message up to its body. */
export const encodeSections = (sections: Sections): Buffer =>
  codec.encode({ ...sections, body: codec.data_sections([]) });
