import { type MessageDefaults, TransportError } from "@streamll/core";
import {
  BODY,
  CORRELATION_ID,
  type EncodedMessage,
  endOf,
  fieldLength,
  MESSAGE_ID,
  PrefixMemory,
  ROUTING_KEY,
  startOf,
  TYPE,
  timestampOf,
} from "@streamll/core/internal";
import {
  beginSection,
  cutToShortString,
  DATA_HEAD_BYTES,
  endSection,
  headersBound,
  isShortField,
  MESSAGE_ANNOTATIONS,
  PROPERTIES,
  putBody,
  putBytes,
  putContent,
  putHeaders,
  putNull,
  putOptionalField,
  putShortField,
  putShortText,
  putSymbol,
  putTimestamp,
  SECTION_HEAD_BYTES,
  symbolBytes,
} from "@streamll/transport-kit";

export interface MessageEncoder {
  /**
   * Room that a message surely fits in.
   *
   * @throws TransportError for a message that cannot be sent.
   */
  bound(message: EncodedMessage): number;
  /** Writes it at `at`, and returns where it ends. Never throws for a message that has a bound. */
  write(target: Buffer, at: number, message: EncodedMessage): number;
}

/**
 * Where RabbitMQ looks for `type` and `app-id`, which AMQP 1.0 does not have, when a stream is read over AMQP 0-9-1:
 * up to 3.12 in two application properties, later in an annotation and in group-id.
 */
export type Dialect = "before 3.13" | "from 3.13";

/** Everything but headers and body: texts of the message's own have at most 255 bytes each. */
const FIXED_BYTES = 3 * SECTION_HEAD_BYTES + DATA_HEAD_BYTES + 128 + 5 * 260;

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
  const routingKeyName = symbolBytes("x-routing-key");
  const typeName = symbolBytes("x-basic-type");
  const contentTypeSymbol = contentType === "" ? Buffer.from([0x40]) : symbolBytes(contentType);
  const shared = FIXED_BYTES + sharedAnnotations.bytes.length + contentTypeSymbol.length + 3 * appId.length;

  function writeAnnotations(target: Buffer, start: number, message: EncodedMessage): number {
    let at = beginSection(target, start, MESSAGE_ANNOTATIONS);
    at = putBytes(target, at, sharedAnnotations.bytes);
    at = putBytes(target, at, routingKeyName);
    at = putShortField(target, at, message, ROUTING_KEY);
    if (isOld) return endSection(target, start, at, sharedAnnotations.count + 2);
    at = putBytes(target, at, typeName);
    at = putShortField(target, at, message, TYPE);
    return endSection(target, start, at, sharedAnnotations.count + 4);
  }

  function writeProperties(target: Buffer, start: number, message: EncodedMessage): number {
    let at = beginSection(target, start, PROPERTIES);
    at = putOptionalField(target, at, message, MESSAGE_ID);
    // user-id, to, subject, reply-to
    for (let i = 0; i < 4; i++) at = putNull(target, at);
    at = putOptionalField(target, at, message, CORRELATION_ID);
    at = putContent(target, at, message, contentTypeSymbol);
    at = putNull(target, at); // absolute-expiry-time
    const timestamp = timestampOf(message);
    at = putTimestamp(target, at, Number.isSafeInteger(timestamp) ? timestamp : 0);
    at = groupId === "" ? putNull(target, at) : putShortText(target, at, groupId);
    return endSection(target, start, at, 11);
  }

  /** What the bytes of neighbours have in common. */
  const memory = new PrefixMemory<{ readonly annotations: Buffer; readonly headers: Buffer }>();

  function boundOfHeaders(message: EncodedMessage): number {
    try {
      return headersBound(message);
    } catch (error) {
      throw unsendable((error as Error).message);
    }
  }

  return {
    bound(message) {
      if (!isShortField(message, ROUTING_KEY)) throw unsendable("the routing key is over 255 bytes");
      // An id is never cut: a consumer that deduplicates by it would take two messages for one.
      if (!isShortField(message, MESSAGE_ID)) throw unsendable("the message id is over 255 bytes");
      return shared + boundOfHeaders(message) + fieldLength(message, BODY);
    },
    write(target, start, message) {
      const kept = memory.of(message);
      const properties = kept
        ? putBytes(target, start, kept.annotations)
        : writeAnnotations(target, start, message);
      const headers = writeProperties(target, properties, message);
      if (kept !== undefined) return putBody(target, putBytes(target, headers, kept.headers), message);
      const body = putHeaders(target, headers, message, isOld ? basicOf(message) : none);
      memory.keep(message, () => ({
        annotations: Buffer.from(target.subarray(start, properties)),
        headers: Buffer.from(target.subarray(headers, body)),
      }));
      return putBody(target, body, message);
    },
  };

  function basicOf(message: EncodedMessage): Record<string, string> {
    const type = message.source.toString("utf8", startOf(message, TYPE), endOf(message, TYPE));
    return {
      ...(type === "" ? {} : { "x-basic-type": cutToShortString(type) }),
      ...(appId === "" ? {} : { "x-basic-app-id": appId }),
    };
  }
}

const none = {};

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

const unsendable = (reason: string) =>
  new TransportError("protocol", `The message cannot be stored in a stream: ${reason}`, { permanent: true });
