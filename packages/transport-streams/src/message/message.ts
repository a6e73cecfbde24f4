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
  isShortString,
  MESSAGE_ANNOTATIONS,
  PROPERTIES,
  putBytes,
  putDataHead,
  putNull,
  putShortText,
  putSymbol,
  putTimestamp,
  putValue,
  SECTION_HEAD_BYTES,
  TEXT_HEAD_BYTES,
} from "@streamll/transport-kit";

export interface MessageEncoder {
  /**
   * Room that a message surely fits in.
   *
   * @throws TransportError for a message that cannot be sent.
   */
  bound(message: OutboundMessage): number;
  /** Writes it at `at`, and returns where it ends. Never throws for a message that has a bound. */
  write(target: Buffer, at: number, message: OutboundMessage): number;
}

/**
 * Where RabbitMQ looks for `type` and `app-id`, which AMQP 1.0 does not have, when a stream is read over AMQP 0-9-1:
 * up to 3.12 in two application properties, later in an annotation and in group-id.
 */
export type Dialect = "before 3.13" | "from 3.13";

/** Constructors and lengths of everything that is no text of the message's own. */
const FIXED_BYTES = 3 * SECTION_HEAD_BYTES + DATA_HEAD_BYTES + 128;

/**
 * A message as other stream clients expect it, and as a stream that is read over AMQP 0-9-1 needs it: annotations
 * with what that protocol knows, properties, application properties of plain types, one data section. No header
 * section: RabbitMQ 3.10 ends a 0-9-1 reader that meets one.
 */
export function messageEncoder(
  { exchange, contentType, appId }: MessageDefaults,
  dialect: Dialect,
): MessageEncoder {
  const isOld = dialect === "before 3.13";
  const sharedAnnotations = annotations({ "x-exchange": exchange });
  const groupId = isOld ? "" : appId;
  const routingKeyName = symbol("x-routing-key");
  const typeName = symbol("x-basic-type");
  const contentTypeSymbol = contentType === "" ? Buffer.from([0x40]) : symbol(contentType);
  const shared = FIXED_BYTES + sharedAnnotations.bytes.length + contentTypeSymbol.length + 3 * appId.length;

  // Neighbours often have the same routing key and type, and the same headers object.
  let annotated: { readonly routingKey: string; readonly type: string; readonly section: Buffer } | undefined;
  let boundedHeaders: MessageHeaders | undefined;
  let headersBound = 0;
  let lastHeaders: MessageHeaders | undefined;
  let lastType = "";
  let lastSection: Buffer = Buffer.alloc(0);

  function writeHeaders(target: Buffer, at: number, { headers, type }: OutboundMessage): number {
    if (headers === lastHeaders && type === lastType) return putBytes(target, at, lastSection);
    const end = putApplicationProperties(target, at, isOld ? withBasic(headers, type, appId) : headers);
    lastHeaders = headers;
    lastType = type;
    lastSection = Buffer.from(target.subarray(at, end));
    return end;
  }

  function writeAnnotations(target: Buffer, start: number, message: OutboundMessage): number {
    const { routingKey, type } = message;
    if (annotated?.routingKey === routingKey && annotated.type === type)
      return putBytes(target, start, annotated.section);
    const end = putAnnotations(target, start, message);
    annotated = { routingKey, type, section: Buffer.from(target.subarray(start, end)) };
    return end;
  }

  function putAnnotations(target: Buffer, start: number, { routingKey, type }: OutboundMessage): number {
    let at = beginSection(target, start, MESSAGE_ANNOTATIONS);
    at = putBytes(target, at, sharedAnnotations.bytes);
    at = putBytes(target, at, routingKeyName);
    at = putShortText(target, at, routingKey);
    if (isOld) return endSection(target, start, at, sharedAnnotations.count + 2);
    at = putBytes(target, at, typeName);
    at = putShortText(target, at, cutToShortString(type));
    return endSection(target, start, at, sharedAnnotations.count + 4);
  }

  function writeProperties(target: Buffer, start: number, message: OutboundMessage): number {
    let at = beginSection(target, start, PROPERTIES);
    at = putOptional(target, at, message.messageId);
    // user-id, to, subject, reply-to
    for (let i = 0; i < 4; i++) at = putNull(target, at);
    at = putOptional(target, at, cutToShortString(message.correlationId));
    at = putBytes(target, at, contentTypeSymbol);
    // content-encoding, absolute-expiry-time
    for (let i = 0; i < 2; i++) at = putNull(target, at);
    at = putTimestamp(target, at, Number.isSafeInteger(message.timestamp) ? message.timestamp : 0);
    at = putOptional(target, at, groupId);
    return endSection(target, start, at, 11);
  }

  return {
    bound(message) {
      const { routingKey, messageId, correlationId, type, headers } = message;
      if (!isShortString(routingKey)) throw unsendable("the routing key is over 255 bytes");
      // An id is never cut: a consumer that deduplicates by it would take two messages for one.
      if (!isShortString(messageId)) throw unsendable("the message id is over 255 bytes");
      if (headers !== boundedHeaders) {
        headersBound = applicationPropertiesBound(headers);
        boundedHeaders = headers;
      }
      const labels = Math.min(correlationId.length, 255) + Math.min(type.length, 255);
      const texts = routingKey.length + messageId.length + labels;
      return shared + headersBound + texts * 3 + bodyBytes(message);
    },
    write(target, start, message) {
      let at = writeAnnotations(target, start, message);
      at = writeProperties(target, at, message);
      at = writeHeaders(target, at, message);
      at = putDataHead(target, at, bodyBytes(message));
      return putBody(target, at, message);
    },
  };
}

const withBasic = (headers: MessageHeaders, type: string, appId: string): MessageHeaders => ({
  ...headers,
  ...(type === "" ? {} : { "x-basic-type": cutToShortString(type) }),
  ...(appId === "" ? {} : { "x-basic-app-id": appId }),
});

function putApplicationProperties(target: Buffer, start: number, headers: MessageHeaders): number {
  let at = beginSection(target, start, APPLICATION_PROPERTIES);
  let count = 0;
  for (const name in headers) {
    const value = headers[name];
    // Nothing says as much as null, and every reader takes it.
    if (value === undefined || value === null) continue;
    at = putShortText(target, at, name);
    at = putValue(target, at, value);
    count += 2;
  }
  return count === 0 ? start : endSection(target, start, at, count);
}

function applicationPropertiesBound(headers: MessageHeaders): number {
  let bound = 0;
  for (const name in headers) {
    const value = headers[name];
    if (!isShortString(name)) throw unsendable("the name of a header is over 255 bytes");
    if (typeof value === "number" && !Number.isFinite(value))
      throw unsendable("a header is not a finite number");
    bound += 2 + name.length * 3 + TEXT_HEAD_BYTES + (typeof value === "string" ? value.length * 3 : 9);
  }
  return bound;
}

const putOptional = (target: Buffer, at: number, text: string): number =>
  text === "" ? putNull(target, at) : putShortText(target, at, text);

function annotations(all: Readonly<Record<string, string>>): { bytes: Buffer; count: number } {
  const bytes = Buffer.alloc(2048);
  let at = 0;
  let count = 0;
  for (const [name, text] of Object.entries(all)) {
    if (text === "") continue;
    at = putShortText(bytes, putSymbol(bytes, at, name), text);
    count += 2;
  }
  return { bytes: Buffer.from(bytes.subarray(0, at)), count };
}

function symbol(text: string): Buffer {
  const bytes = Buffer.alloc(2 + Buffer.byteLength(text));
  putSymbol(bytes, 0, text);
  return bytes;
}

const unsendable = (reason: string) =>
  new TransportError("protocol", `The message cannot be stored in a stream: ${reason}`, { permanent: true });
