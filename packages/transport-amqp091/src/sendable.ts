import { type MessageDefaults, TransportError } from "@streamll/core";
import {
  CORRELATION_ID,
  type EncodedMessage,
  EXCHANGE,
  encodingOf,
  fieldLength,
  isPresent,
  MESSAGE_ID,
  PrefixMemory,
  ROUTING_KEY,
  TYPE,
} from "@streamll/core/internal";
import { SHORT_STRING_MAX } from "@streamll/transport-kit";
import { tableBytes, unsendable } from "./header-table.js";

/** Of the header frame: class, weight, size of the body, flags, delivery mode, priority, timestamp. */
const FIXED_HEADER_BYTES = 4 + 8 + 2 + 1 + 1 + 8;
/** Of the method frame, and of both frames' heads and ends. */
const FIXED_METHOD_BYTES = 8 + 2 * 8;

/**
 * Gives the most bytes that a message takes in its method and header frame together.
 *
 * @throws TransportError for what AMQP 0-9-1 cannot carry. Sent all the same it would close the channel or the
 * connection, and take its neighbours down: `Infinity` in a header ends a connection with 541 (RabbitMQ 3.10).
 */
export function frameBounds(
  defaults: MessageDefaults,
  frameMax: number,
): (message: EncodedMessage) => number {
  const exchangeBytes = Buffer.byteLength(defaults.exchange);
  const fixed =
    FIXED_HEADER_BYTES +
    short(Buffer.byteLength(defaults.contentType)) +
    short(Buffer.byteLength(defaults.appId)) +
    short(String(defaults.expirationMs ?? "").length);
  const tables = new PrefixMemory<number>();
  return (message) => {
    if (fieldLength(message, ROUTING_KEY) > SHORT_STRING_MAX)
      throw unsendable("the routing key is over 255 bytes");
    if (fieldLength(message, EXCHANGE) > SHORT_STRING_MAX)
      throw unsendable("the name of the exchange is over 255 bytes");
    // An id is never cut: a consumer that deduplicates by it would take two messages for one.
    if (fieldLength(message, MESSAGE_ID) > SHORT_STRING_MAX)
      throw unsendable("the message id is over 255 bytes");
    const kept = tables.of(message);
    const table = kept ?? tableBytes(message);
    if (kept === undefined) tables.keep(message, () => table);
    const header =
      fixed +
      table +
      short(encodingOf(message)?.length ?? 0) +
      short(fieldLength(message, MESSAGE_ID)) +
      short(fieldLength(message, CORRELATION_ID)) +
      short(fieldLength(message, TYPE));
    if (header + 8 > frameMax) {
      const reason = `The headers of the message do not fit one frame of ${frameMax} bytes`;
      throw new TransportError("too-large", reason, { permanent: true });
    }
    const exchange = isPresent(message, EXCHANGE) ? fieldLength(message, EXCHANGE) : exchangeBytes;
    return header + FIXED_METHOD_BYTES + short(fieldLength(message, ROUTING_KEY)) + short(exchange);
  };
}

const short = (bytes: number): number => 1 + Math.min(bytes, SHORT_STRING_MAX);

/** Whole seconds since 1970, or `undefined` where the unsigned field cannot hold it. */
export const wireSeconds = (milliseconds: number): number | undefined =>
  milliseconds >= 0 && milliseconds <= Number.MAX_SAFE_INTEGER ? Math.floor(milliseconds / 1000) : undefined;
