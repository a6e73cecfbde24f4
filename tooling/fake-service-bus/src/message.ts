import rhea, { type Message } from "rhea";

/** A message that an entity took. */
export interface StoredMessage {
  readonly sequenceNumber: number;
  /** Milliseconds since 1970. */
  readonly enqueuedAt: number;
  /** As it was sent: the whole message, encoded. */
  readonly bytes: Buffer;
  /** Decoded: its properties by rhea's names, such as `message_id` and `application_properties`. */
  readonly message: Message;
  /** The bytes of the data section; undefined with another kind of body. */
  readonly body: Buffer | undefined;
  /** Of those that came in one transfer, the same number. */
  readonly transfer: number;
}

/** The format of a transfer whose data sections are messages. */
export const batchFormat = 0x80013700;

/** rhea has two types of that name. */
export const decode = (bytes: Buffer): Message => rhea.message.decode(bytes) as unknown as Message;

/** The messages that a batch holds. */
export function unpack(batch: Buffer): readonly Buffer[] {
  const found: Buffer[] = [];
  for (const section of sectionsOf(batch))
    if (section.code === code.data) found.push(section.value as Buffer);
  return found;
}

export function dataOf({ body }: Message): Buffer | undefined {
  const section = body as { typecode?: number; content?: Buffer | Buffer[] } | undefined;
  if (section?.typecode !== code.data || section.content === undefined) return undefined;
  return Buffer.isBuffer(section.content) ? section.content : Buffer.concat(section.content);
}

/** What a receiver gets: header and annotations of the service, and the rest byte for byte as sent. */
export function delivered(stored: StoredMessage, deliveryCount: number, lockedUntil?: number): Buffer {
  const { types, message } = rhea;
  const { durable, ttl, priority, message_annotations } = stored.message;
  const envelope = message.encode({
    durable,
    ttl,
    priority,
    delivery_count: deliveryCount,
    message_annotations: {
      ...message_annotations,
      "x-opt-sequence-number": types.wrap_long(stored.sequenceNumber),
      "x-opt-enqueued-time": types.wrap_timestamp(stored.enqueuedAt),
      ...(lockedUntil !== undefined && { "x-opt-locked-until": types.wrap_timestamp(lockedUntil) }),
    },
  });
  const kept = (bytes: Buffer, wanted: (section: number) => boolean) =>
    sectionsOf(bytes).flatMap((section) => (wanted(section.code) ? [section.bytes] : []));
  return Buffer.concat([
    ...kept(envelope, (section) => section === code.header || section === code.messageAnnotations),
    ...kept(stored.bytes, (section) => section > code.messageAnnotations),
  ]);
}

const code = { header: 0x70, messageAnnotations: 0x72, data: 0x75 } as const;

interface Section {
  readonly code: number;
  readonly value: unknown;
  readonly bytes: Buffer;
}

interface Reader {
  position: number;
  remaining(): number;
  read(): { readonly descriptor?: { readonly value: number }; readonly value: unknown };
}
// Not in rhea's typings.
const { Reader } = rhea.types as unknown as { Reader: new (buffer: Buffer) => Reader };

function sectionsOf(bytes: Buffer): readonly Section[] {
  const reader = new Reader(bytes);
  const sections: Section[] = [];
  while (reader.remaining() > 0) {
    const start = reader.position;
    const { descriptor, value } = reader.read();
    if (descriptor === undefined) throw new TypeError("a message section has no descriptor");
    sections.push({ code: descriptor.value, value, bytes: bytes.subarray(start, reader.position) });
  }
  return sections;
}
