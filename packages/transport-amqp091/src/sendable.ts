import {
  type MessageDefaults,
  type MessageHeaders,
  type OutboundMessage,
  TransportError,
} from "@streamll/core";
import { isShortString, SHORT_STRING_MAX } from "@streamll/transport-kit";

/** Header names that RabbitMQ reads as lists of further routing keys: a string there closes the channel (406). */
const SENDER_ROUTED = new Set(["CC", "BCC"]);

/**
 * The most bytes that a message can take in its method and header frame together.
 *
 * @throws TransportError for what AMQP 0-9-1 cannot carry. Sent all the same it would close the channel or the
 * connection, and take its neighbours down: `Infinity` in a header ends a connection with 541 (RabbitMQ 3.10).
 */
export function frameBound(
  message: OutboundMessage,
  defaults: MessageDefaults,
  frameMax: number,
  table = tableBound(message.headers),
): number {
  const { routingKey, messageId, exchange = defaults.exchange } = message;
  if (!isShortString(routingKey)) throw unsendable("the routing key is over 255 bytes");
  if (!isShortString(exchange)) throw unsendable("the name of the exchange is over 255 bytes");
  // An id is never cut: a consumer that deduplicates by it would take two messages for one.
  if (!isShortString(messageId)) throw unsendable("the message id is over 255 bytes");

  let bound = FIXED_BYTES + table;
  for (const text of [exchange, defaults.contentType, defaults.appId]) bound += shortStringBound(text);
  for (const text of [routingKey, messageId, message.correlationId, message.type])
    bound += shortStringBound(text);
  if (bound > frameMax && exactHeaderBytes(message, defaults) + 8 > frameMax) {
    throw new TransportError(
      "too-large",
      `The headers of the message do not fit one frame of ${frameMax} bytes`,
      {
        permanent: true,
      },
    );
  }
  return bound;
}

/**
 * The most bytes that headers can take.
 *
 * @throws TransportError for what AMQP 0-9-1, or RabbitMQ, does not have in headers.
 */
export function tableBound(headers: MessageHeaders): number {
  let bound = 0;
  for (const key in headers) {
    const value = headers[key];
    if (!isShortString(key)) throw unsendable("the name of a header is over 255 bytes");
    if (SENDER_ROUTED.has(key)) throw unsendable(`a header may not be named ${key}: RabbitMQ routes by it`);
    if (typeof value === "number" && !Number.isFinite(value))
      throw unsendable("a header is not a finite number");
    bound += key.length * 3 + (typeof value === "string" ? value.length * 3 : 8) + 6;
  }
  return bound;
}

function exactHeaderBytes(message: OutboundMessage, defaults: MessageDefaults): number {
  const short = (text: string) => 1 + Math.min(Buffer.byteLength(text), SHORT_STRING_MAX);
  let bytes = 14 + 4 + 8 + 2 + short(String(defaults.expirationMs ?? ""));
  for (const text of [
    defaults.contentType,
    defaults.appId,
    message.messageId,
    message.correlationId,
    message.type,
  ]) {
    bytes += short(text);
  }
  for (const [key, value] of Object.entries(message.headers)) {
    bytes += short(key) + 1 + (typeof value === "string" ? 4 + Buffer.byteLength(value) : 8);
  }
  return bytes;
}

/** Frames, ids, sizes, flags, delivery mode, priority, timestamp and expiration: below this. */
const FIXED_BYTES = 96;

const shortStringBound = (text: string) => 1 + Math.min(text.length * 3, SHORT_STRING_MAX);

const unsendable = (reason: string) =>
  new TransportError("protocol", `The message cannot be sent by AMQP 0-9-1: ${reason}`, { permanent: true });

/** Whole seconds since 1970, or `undefined` where the unsigned field cannot hold it. */
export const wireSeconds = (milliseconds: number): number | undefined =>
  milliseconds >= 0 && milliseconds <= Number.MAX_SAFE_INTEGER ? Math.floor(milliseconds / 1000) : undefined;
