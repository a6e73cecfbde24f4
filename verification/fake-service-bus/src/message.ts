import rhea, { type Message } from "rhea";

export interface DecodedMessage {
  /** As it was sent: the whole message, encoded. */
  readonly bytes: Buffer;
  /** Its properties by rhea's names, such as `message_id` and `application_properties`. */
  readonly message: Message;
  /** The bytes of the data section; undefined with another kind of body. */
  readonly body: Buffer | undefined;
}

/** Why a message is a dead letter; what is absent nobody said. */
export interface Death {
  readonly reason?: string | undefined;
  readonly description?: string | undefined;
}

/** A message that an entity took. */
export interface StoredMessage extends DecodedMessage {
  readonly sequenceNumber: number;
  /** Milliseconds since 1970. */
  readonly enqueuedAt: number;
  /** Of those that came in one transfer, the same number. */
  readonly transfer: number;
  /** Of a dead letter. */
  readonly death?: Death;
}

/** The format of a transfer whose data sections are messages. */
export const batchFormat = 0x80013700;

/** The messages of a transfer. */
export function unpack(bytes: Buffer, format: number): readonly DecodedMessage[] {
  const encoded = format === batchFormat ? dataSections(bytes) : [bytes];
  return encoded.map((each) => {
    const message = decode(each);
    return { bytes: each, message, body: dataOf(message) };
  });
}

/** rhea has two types of that name. */
export const decode = (bytes: Buffer): Message => rhea.message.decode(bytes) as unknown as Message;

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
  const { message_id = serviceId(stored), application_properties } = stored.message;
  const bare =
    stored.message.message_id === undefined || stored.death !== undefined
      ? message.encode({
          ...stored.message,
          message_id,
          application_properties: { ...application_properties, ...deathProperties(stored.death) },
        })
      : stored.bytes;
  const kept = (bytes: Buffer, wanted: (section: number) => boolean) =>
    sectionsOf(bytes).flatMap((section) => (wanted(section.code) ? [section.bytes] : []));
  return Buffer.concat([
    ...kept(envelope, (section) => section === code.header || section === code.messageAnnotations),
    ...kept(bare, (section) => section > code.messageAnnotations),
  ]);
}

function deathProperties({ reason, description }: Death = {}): Record<string, string> {
  return {
    ...(reason !== undefined && { DeadLetterReason: reason }),
    ...(description !== undefined && { DeadLetterErrorDescription: description }),
  };
}

/** The service names a message that its sender did not: Microsoft's receiver cannot do without. */
const serviceId = ({ sequenceNumber }: StoredMessage) => sequenceNumber.toString(16).padStart(32, "0");

const code = { header: 0x70, messageAnnotations: 0x72, data: 0x75 } as const;

const dataSections = (bytes: Buffer): readonly Buffer[] =>
  sectionsOf(bytes).flatMap((section) => (section.code === code.data ? [section.value as Buffer] : []));

function dataOf({ body }: Message): Buffer | undefined {
  const section = body as { typecode?: number; content?: Buffer | Buffer[] } | undefined;
  if (section?.typecode !== code.data || section.content === undefined) return undefined;
  return Buffer.isBuffer(section.content) ? section.content : Buffer.concat(section.content);
}

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
