import { listItem, MalformedValueError, mapPairs, readValue, valueEnd } from "./amqp10-reader.js";
import { APPLICATION_PROPERTIES, HEADER, MESSAGE_ANNOTATIONS, PROPERTIES } from "./amqp10-values.js";

/** Places in the section `header` (AMQP 1.0, 3.2.1). */
export const headerField = { durable: 0, priority: 1, ttl: 2, firstAcquirer: 3, deliveryCount: 4 } as const;

/** Places in the section `properties` (AMQP 1.0, 3.2.4). */
export const propertyField = {
  messageId: 0,
  userId: 1,
  to: 2,
  subject: 3,
  replyTo: 4,
  correlationId: 5,
  contentType: 6,
  contentEncoding: 7,
  absoluteExpiryTime: 8,
  creationTime: 9,
  groupId: 10,
} as const;

const DATA = 0x75;
const VALUE = 0x77;
const LAST_SECTION = 0x78;
const nothing = Buffer.alloc(0);

/**
 * A message of AMQP 1.0 as it came: its sections are found at once, and decoded when somebody asks. What cannot be read
 * in a section is absent; bytes that are no such message, or a part of one, have no sections and are all body.
 *
 * @example
 * const message = new ReceivedMessage(payload);
 * message.property(propertyField.messageId);
 */
export class ReceivedMessage {
  /** The bytes of the data sections; of a body that is one text, that in UTF-8; of another body its section, encoded. */
  readonly body: Buffer;
  readonly #bytes: Buffer;
  /** Where the sections of the body begin, with the footer after them. */
  #content: number | undefined;
  /** Where the value of each section begins, from `header` (0x70) on. */
  readonly #sections: (number | undefined)[] = [];
  #annotations: Readonly<Record<string, unknown>> | undefined;
  #applicationProperties: Readonly<Record<string, unknown>> | undefined;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    const body = readable(() => this.#findSections(), undefined);
    if (body === undefined) {
      this.#sections.length = 0;
      this.#content = undefined;
    }
    this.body = body ?? bytes;
  }

  /** Of the section `header`: see {@link headerField}. */
  header(field: number): unknown {
    return this.#field(HEADER, field);
  }

  /** Of the section `properties`: see {@link propertyField}. */
  property(field: number): unknown {
    return this.#field(PROPERTIES, field);
  }

  get annotations(): Readonly<Record<string, unknown>> {
    this.#annotations ??= this.#map(MESSAGE_ANNOTATIONS);
    return this.#annotations;
  }

  get applicationProperties(): Readonly<Record<string, unknown>> {
    this.#applicationProperties ??= this.#map(APPLICATION_PROPERTIES);
    return this.#applicationProperties;
  }

  /**
   * The body and the footer, encoded.
   *
   * @throws MalformedValueError where the bytes are no message.
   */
  get content(): Buffer {
    if (this.#sections.length === 0 && this.#content === undefined)
      throw new MalformedValueError("the bytes are no message of AMQP 1.0");
    return this.#bytes.subarray(this.#content ?? this.#bytes.length);
  }

  /** A field of `HEADER` or `PROPERTIES`, encoded; `undefined` where the sender left it out. */
  encodedField(section: number, field: number): Buffer | undefined {
    const at = this.#sections[section - HEADER];
    const item = at === undefined ? undefined : listItem(this.#bytes, at, field);
    return item === undefined ? undefined : this.#bytes.subarray(item, valueEnd(this.#bytes, item));
  }

  /** The pairs of `MESSAGE_ANNOTATIONS` or `APPLICATION_PROPERTIES`, encoded: see {@link mapPairs}. */
  encodedPairs(section: number): [key: string, pair: Buffer][] {
    const at = this.#sections[section - HEADER];
    return at === undefined ? [] : [...mapPairs(this.#bytes, at)];
  }

  #findSections(): Buffer {
    const bytes = this.#bytes;
    const data: Buffer[] = [];
    let other: Buffer | undefined;
    for (let start = 0; start < bytes.length; ) {
      const at = valueEnd(bytes, start + 1);
      const code = bytes[start] === 0 ? codeOf(bytes, start + 1) : 0;
      if (code < HEADER || code > LAST_SECTION) throw new MalformedValueError("no section begins here");
      const end = valueEnd(bytes, at);
      if (code >= DATA) this.#content ??= start;
      if (code === DATA) data.push(bytes.subarray(at + (bytes[at] === 0xa0 ? 2 : 5), end));
      else if (code < DATA) this.#sections[code - HEADER] = at;
      else if (code < LAST_SECTION)
        other ??= code === VALUE ? textAt(bytes, at, start, end) : bytes.subarray(start, end);
      start = end;
    }
    if (data.length > 0) return data.length === 1 ? data[0]! : Buffer.concat(data);
    return other ?? nothing;
  }

  #field(section: number, field: number): unknown {
    const at = this.#sections[section - HEADER];
    if (at === undefined) return undefined;
    return readable(() => {
      const item = listItem(this.#bytes, at, field);
      return item === undefined ? undefined : (readValue(this.#bytes, item) ?? undefined);
    }, undefined);
  }

  #map(section: number): Readonly<Record<string, unknown>> {
    const at = this.#sections[section - HEADER];
    if (at === undefined) return {};
    const isMap = this.#bytes[at] === 0xc1 || this.#bytes[at] === 0xd1;
    return isMap ? readable(() => readValue(this.#bytes, at) as Record<string, unknown>, {}) : {};
  }
}

/** A descriptor as RabbitMQ, Service Bus and all clients write it, or as a whole ulong. */
const codeOf = (bytes: Buffer, at: number): number =>
  bytes[at] === 0x53 ? bytes[at + 1]! : Number(readValue(bytes, at));

function textAt(bytes: Buffer, at: number, start: number, end: number): Buffer {
  const code = bytes[at];
  if (code === 0xa1 || code === 0xa0) return bytes.subarray(at + 2, end);
  if (code === 0xb1 || code === 0xb0) return bytes.subarray(at + 5, end);
  return bytes.subarray(start, end);
}

function readable<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedValueError) return otherwise;
    throw error;
  }
}
