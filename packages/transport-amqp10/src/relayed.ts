import { type OutboundMessage, TransportError } from "@streamll/core";
import {
  APPLICATION_PROPERTIES,
  beginSection,
  endSection,
  HEADER,
  headerField,
  isShortString,
  MalformedValueError,
  MESSAGE_ANNOTATIONS,
  PROPERTIES,
  propertyField,
  putNull,
  putShortText,
  putString,
  putValue,
  SECTION_HEAD_BYTES,
  TEXT_HEAD_BYTES,
} from "@streamll/transport-kit";
import { Amqp10Delivery } from "./consuming/delivery.js";

export interface Relaying {
  /** The address of its `to`; absent: it keeps its own. */
  readonly to?: string;
  /** Absent: it keeps its own. */
  readonly messageId?: string | undefined;
  /** Annotations that the broker has written, and writes anew. */
  readonly ofBroker: ReadonlySet<string>;
}

/** Group sequence and reply-to group id come behind the group id (AMQP 1.0, 3.2.4). */
const PROPERTY_COUNT = 13;

/**
 * A message that was consumed, as the payload that sends it again: properties, headers and body by their bytes as they
 * came; the headers without what it is to lose and with what is added; and no expiration.
 *
 * @throws TransportError for one that cannot be sent so.
 */
export function relayedPayload(outbound: OutboundMessage, { to, messageId, ofBroker }: Relaying): Buffer {
  const { headers, relayed } = outbound;
  const { message, without } = relayed!;
  if (!(message instanceof Amqp10Delivery))
    throw unsendable("it was consumed by another transport, and its properties are others");
  const { received } = message;
  const added = Object.entries(headers).filter(([, value]) => value !== null);
  const isKept = (name: string) => !without.has(name) && !Object.hasOwn(headers, name);
  const kept = (section: number) =>
    received.encodedPairs(section).flatMap(([name, pair]) => (isKept(name) ? [{ name, pair }] : []));
  try {
    const { durable, priority } = headerField;
    const ownAnnotations = kept(MESSAGE_ANNOTATIONS).filter(({ name }) => !ofBroker.has(name));
    const properties = Array.from({ length: PROPERTY_COUNT }, (_, field) => {
      if (field === propertyField.to && to !== undefined) return text(to);
      if (field === propertyField.messageId && messageId !== undefined) return text(messageId);
      if (field === propertyField.absoluteExpiryTime) return NULL;
      return received.encodedField(PROPERTIES, field) ?? NULL;
    });
    return Buffer.concat([
      list(
        HEADER,
        [durable, priority].map((field) => received.encodedField(HEADER, field) ?? NULL),
      ),
      map(
        MESSAGE_ANNOTATIONS,
        ownAnnotations.map(({ pair }) => pair),
      ),
      list(PROPERTIES, properties),
      map(APPLICATION_PROPERTIES, [
        ...kept(APPLICATION_PROPERTIES).map(({ pair }) => pair),
        ...added.map(encodedPair),
      ]),
      received.content,
    ]);
  } catch (error) {
    if (error instanceof MalformedValueError) throw unsendable(`it cannot be read: ${error.message}`);
    throw error;
  }
}

const written = (bytes: number, write: (target: Buffer) => number): Buffer => {
  const target = Buffer.alloc(bytes);
  return target.subarray(0, write(target));
};

const NULL = written(1, (target) => putNull(target, 0));

const text = (value: string): Buffer =>
  written(TEXT_HEAD_BYTES + 3 * value.length, (target) => putString(target, 0, value));

function encodedPair([name, value]: [name: string, value: string | number | boolean | null]): Buffer {
  if (!isShortString(name)) throw unsendable("the name of a header is over 255 bytes");
  const bytes = 2 * TEXT_HEAD_BYTES + 3 * name.length + (typeof value === "string" ? 3 * value.length : 9);
  return written(bytes, (target) => putValue(target, putShortText(target, 0, name), value));
}

const list = (descriptor: number, items: readonly Buffer[]) => section(descriptor, items, items.length);

const map = (descriptor: number, pairs: readonly Buffer[]) =>
  pairs.length === 0 ? Buffer.alloc(0) : section(descriptor, pairs, 2 * pairs.length);

function section(descriptor: number, values: readonly Buffer[], count: number): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(SECTION_HEAD_BYTES), ...values]);
  beginSection(bytes, 0, descriptor);
  endSection(bytes, 0, bytes.length, count);
  return bytes;
}

const unsendable = (reason: string) =>
  new TransportError("protocol", `The message cannot be sent again over AMQP 1.0: ${reason}`, {
    permanent: true,
  });
