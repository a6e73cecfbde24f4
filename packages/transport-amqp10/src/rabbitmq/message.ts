import { type MessageDefaults, type OutboundMessage, TransportError } from "@streamll/core";
import {
  BODY,
  CORRELATION_ID,
  type EncodedMessage,
  EXCHANGE,
  encodedMessage,
  fieldLength,
  MESSAGE_ID,
  ROUTING_KEY,
  TYPE,
  textOf,
  timestampOf,
} from "@streamll/core/internal";
import {
  beginSection,
  DATA_HEAD_BYTES,
  endSection,
  HEADER,
  headersBound,
  isShortField,
  MESSAGE_ANNOTATIONS,
  PROPERTIES,
  putBody,
  putBoolean,
  putBytes,
  putContent,
  putHeaders,
  putNull,
  putOptionalField,
  putShortField,
  putString,
  putTimestamp,
  putUbyte,
  putUint,
  SECTION_HEAD_BYTES,
  symbolBytes,
} from "@streamll/transport-kit";
import type { Encoded, LinkLimits } from "../dialect.js";
import { bytesOf, type Payload } from "../payload.js";
import { relayedPayload } from "../relayed.js";
import { destination } from "./address.js";

/** Everything but headers, body and address: texts of the message's own have at most 255 bytes each. */
const FIXED_BYTES = 4 * SECTION_HEAD_BYTES + DATA_HEAD_BYTES + 160 + 4 * 260;
/** Annotations by which RabbitMQ says where a message was published to. */
const ofBroker: ReadonlySet<string> = new Set(["x-exchange", "x-routing-key"]);
/** Keys that are remembered with their addresses. */
const REMEMBERED = 1000;

export type MessagesEncoder = (
  messages: Iterable<[at: number, message: OutboundMessage]>,
  limits: LinkLimits,
) => Iterable<Encoded>;

/**
 * A message for the anonymous terminus: its `to` says exchange and routing key. RabbitMQ gives a consumer over
 * AMQP 0-9-1 `type` from an annotation and `app-id` from group-id, which AMQP 1.0 does not have by those names.
 */
export function messagesEncoder(defaults: MessageDefaults): MessagesEncoder {
  const { contentType, appId } = defaults;
  const header = headerSection(defaults);
  const typeName = symbolBytes("x-basic-type");
  const contentTypeSymbol = contentType === "" ? Buffer.from([0x40]) : symbolBytes(contentType);
  const shared = FIXED_BYTES + header.length + contentTypeSymbol.length + 3 * appId.length;
  const addressOf = remembering((routingKey) => destination(defaults.exchange, routingKey));

  function bound(message: EncodedMessage, to: string): number {
    if (!isShortField(message, ROUTING_KEY)) throw unsendable("the routing key is over 255 bytes");
    if (!isShortField(message, EXCHANGE)) throw unsendable("the name of the exchange is over 255 bytes");
    // An id is never cut: a consumer that deduplicates by it would take two messages for one.
    if (!isShortField(message, MESSAGE_ID)) throw unsendable("the message id is over 255 bytes");
    return shared + headersBound(message) + 3 * to.length + fieldLength(message, BODY);
  }

  function write(target: Buffer, start: number, message: EncodedMessage, to: string): number {
    const timestamp = timestampOf(message);
    let at = putBytes(target, start, header);
    if (fieldLength(message, TYPE) > 0) {
      const annotations = at;
      at = beginSection(target, at, MESSAGE_ANNOTATIONS);
      at = putBytes(target, at, typeName);
      at = putShortField(target, at, message, TYPE);
      endSection(target, annotations, at, 2);
    }
    const properties = at;
    at = beginSection(target, at, PROPERTIES);
    at = putOptionalField(target, at, message, MESSAGE_ID);
    at = putNull(target, at); // user-id
    at = putString(target, at, to);
    at = putOptionalField(target, at, message, TYPE); // subject
    at = putNull(target, at); // reply-to
    at = putOptionalField(target, at, message, CORRELATION_ID);
    at = putContent(target, at, message, contentTypeSymbol);
    at = putNull(target, at); // absolute-expiry-time
    at = putTimestamp(target, at, Number.isSafeInteger(timestamp) ? timestamp : 0);
    at = appId === "" ? putNull(target, at) : putString(target, at, appId); // group-id
    endSection(target, properties, at, 11);
    return putBody(target, putHeaders(target, at, message), message);
  }

  function* encode(
    messages: Iterable<[at: number, message: OutboundMessage]>,
    { maxMessageSize, user }: LinkLimits,
  ): Generator<Encoded> {
    for (const [index, message] of messages) {
      const at = [index];
      try {
        let payload = payloadOf(message, user);
        if (payload.length > maxMessageSize) payload = bytesOf(payload);
        if (payload.length > maxMessageSize) throw tooLarge(payload.length, maxMessageSize);
        yield { at, payload, format: 0 };
      } catch (error) {
        yield { at, error: error instanceof TransportError ? error : unsendable(textOf(error), error) };
      }
    }
  }

  function payloadOf(message: OutboundMessage, user: string | undefined): Payload {
    const { exchange, routingKey, relayed } = message;
    const to = exchange === undefined ? addressOf(routingKey) : destination(exchange, routingKey);
    if (relayed !== undefined) {
      const { userId } = relayed.message;
      // RabbitMQ takes a user-id from the user of that name alone, and ends the session over any other.
      if (userId !== undefined && userId !== user)
        throw unsendable("its user-id is of another user: log in as that one");
      return relayedPayload(message, { to, ofBroker });
    }
    const encoded = encodedMessage(message);
    return {
      length: bound(encoded, to),
      copy: (target, start) => write(target, start, encoded, to) - start,
    };
  }

  return encode;
}

function headerSection({ persistent, priority, expirationMs }: MessageDefaults): Buffer {
  const bytes = Buffer.alloc(64);
  let at = beginSection(bytes, 0, HEADER);
  at = putBoolean(bytes, at, persistent);
  at = priority === undefined ? putNull(bytes, at) : putUbyte(bytes, at, priority);
  at = expirationMs === undefined ? putNull(bytes, at) : putUint(bytes, at, expirationMs);
  return bytes.subarray(0, endSection(bytes, 0, at, 3));
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
