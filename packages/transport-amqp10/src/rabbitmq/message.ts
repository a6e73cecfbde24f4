import {
  type MessageDefaults,
  type MessageHeaders,
  type OutboundMessage,
  TransportError,
} from "@streamll/core";
import { bodyBytes, putBody } from "@streamll/core/internal";
import {
  APPLICATION_PROPERTIES,
  beginSection,
  cutToShortString,
  DATA_HEAD_BYTES,
  endSection,
  HEADER,
  isShortString,
  MESSAGE_ANNOTATIONS,
  PROPERTIES,
  putBoolean,
  putBytes,
  putDataHead,
  putNull,
  putString,
  putSymbol,
  putTimestamp,
  putUbyte,
  putUint,
  putValue,
  SECTION_HEAD_BYTES,
  TEXT_HEAD_BYTES,
} from "@streamll/transport-kit";
import type { Encoded, LinkLimits } from "../dialect.js";
import { destination } from "./address.js";

/** Everything that is no text of the message's own. */
const FIXED_BYTES = 4 * SECTION_HEAD_BYTES + DATA_HEAD_BYTES + 160;
/** Keys that are remembered with their addresses. */
const REMEMBERED = 1000;

export type MessagesEncoder = (messages: readonly OutboundMessage[], limits: LinkLimits) => Encoded[];

/**
 * A message for the anonymous terminus: its `to` says exchange and routing key. RabbitMQ gives a consumer over
 * AMQP 0-9-1 `type` from an annotation and `app-id` from group-id, which AMQP 1.0 does not have by those names.
 */
export function messagesEncoder(defaults: MessageDefaults): MessagesEncoder {
  const { contentType, appId } = defaults;
  const header = headerSection(defaults);
  const typeName = symbol("x-basic-type");
  const contentTypeSymbol = contentType === "" ? Buffer.from([0x40]) : symbol(contentType);
  const shared = FIXED_BYTES + header.length + contentTypeSymbol.length + 3 * appId.length;
  const addressOf = remembering((routingKey) => destination(defaults.exchange, routingKey));

  function bound(message: OutboundMessage, to: string): number {
    const { routingKey, messageId, correlationId, type, headers, exchange = "" } = message;
    if (!isShortString(routingKey)) throw unsendable("the routing key is over 255 bytes");
    if (!isShortString(exchange)) throw unsendable("the name of the exchange is over 255 bytes");
    // An id is never cut: a consumer that deduplicates by it would take two messages for one.
    if (!isShortString(messageId)) throw unsendable("the message id is over 255 bytes");
    const labels = Math.min(correlationId.length, 255) + 2 * Math.min(type.length, 255);
    return shared + headersBound(headers) + (to.length + messageId.length + labels) * 3 + bodyBytes(message);
  }

  function write(target: Buffer, start: number, message: OutboundMessage, to: string): number {
    const type = cutToShortString(message.type);
    let at = putBytes(target, start, header);
    if (type !== "") {
      const annotations = at;
      at = beginSection(target, at, MESSAGE_ANNOTATIONS);
      at = putBytes(target, at, typeName);
      at = putString(target, at, type);
      endSection(target, annotations, at, 2);
    }
    const properties = at;
    at = beginSection(target, at, PROPERTIES);
    at = putOptionalString(target, at, message.messageId);
    at = putNull(target, at); // user-id
    at = putString(target, at, to);
    at = putOptionalString(target, at, type); // subject
    at = putNull(target, at); // reply-to
    at = putOptionalString(target, at, cutToShortString(message.correlationId));
    at = putBytes(target, at, contentTypeSymbol);
    at = putNull(target, at); // content-encoding
    at = putNull(target, at); // absolute-expiry-time
    at = putTimestamp(target, at, Number.isSafeInteger(message.timestamp) ? message.timestamp : 0);
    at = putOptionalString(target, at, appId); // group-id
    endSection(target, properties, at, 11);
    at = putHeaders(target, at, message.headers);
    at = putDataHead(target, at, bodyBytes(message));
    return putBody(target, at, message);
  }

  return (messages, { maxMessageSize }) =>
    messages.map((message, index) => {
      const at = [index];
      try {
        const { exchange, routingKey } = message;
        const to = exchange === undefined ? addressOf(routingKey) : destination(exchange, routingKey);
        const target = Buffer.allocUnsafe(bound(message, to));
        const payload = target.subarray(0, write(target, 0, message, to));
        if (payload.length > maxMessageSize) return { at, error: tooLarge(payload.length, maxMessageSize) };
        return { at, payload, format: 0 };
      } catch (error) {
        return { at, error: error instanceof TransportError ? error : unsendable(String(error), error) };
      }
    });
}

function headerSection({ persistent, priority, expirationMs }: MessageDefaults): Buffer {
  const bytes = Buffer.alloc(64);
  let at = beginSection(bytes, 0, HEADER);
  at = putBoolean(bytes, at, persistent);
  at = priority === undefined ? putNull(bytes, at) : putUbyte(bytes, at, priority);
  at = expirationMs === undefined ? putNull(bytes, at) : putUint(bytes, at, expirationMs);
  return bytes.subarray(0, endSection(bytes, 0, at, 3));
}

function putHeaders(target: Buffer, start: number, headers: MessageHeaders): number {
  let at = beginSection(target, start, APPLICATION_PROPERTIES);
  let count = 0;
  for (const name in headers) {
    const value = headers[name];
    // Nothing says as much as null, and every reader takes it.
    if (value === undefined || value === null) continue;
    at = putString(target, at, name);
    at = putValue(target, at, value);
    count += 2;
  }
  return count === 0 ? start : endSection(target, start, at, count);
}

function headersBound(headers: MessageHeaders): number {
  let bound = 0;
  for (const name in headers) {
    const value = headers[name];
    if (!isShortString(name)) throw unsendable("the name of a header is over 255 bytes");
    if (typeof value === "number" && !Number.isFinite(value))
      throw unsendable("a header is not a finite number");
    const text = typeof value === "string" ? value.length * 3 : 4;
    bound += 2 * TEXT_HEAD_BYTES + name.length * 3 + text;
  }
  return bound;
}

const putOptionalString = (target: Buffer, at: number, text: string): number =>
  text === "" ? putNull(target, at) : putString(target, at, text);

function symbol(text: string): Buffer {
  const bytes = Buffer.alloc(2 + Buffer.byteLength(text));
  putSymbol(bytes, 0, text);
  return bytes;
}

function remembering(make: (key: string) => string): (key: string) => string {
  const made = new Map<string, string>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    if (made.size >= REMEMBERED) made.clear();
    const fresh = make(key);
    made.set(key, fresh);
    return fresh;
  };
}

const unsendable = (reason: string, cause?: unknown) =>
  new TransportError("protocol", `The message cannot be sent to RabbitMQ over AMQP 1.0: ${reason}`, {
    permanent: true,
    cause,
  });

const tooLarge = (bytes: number, limit: number) =>
  new TransportError(
    "too-large",
    `The message takes ${bytes} bytes, and the broker allows ${limit}: lower maxEventBytes, or raise the broker's max_message_size`,
    { permanent: true },
  );
