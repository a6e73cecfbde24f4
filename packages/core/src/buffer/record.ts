import type { EncodedEvent } from "./encoded-event.js";
import { type HeaderBlock, headerEncoder } from "./header-block.js";
import { putText } from "./text.js";

// A record: length, slot, timestamp, flags, count of headers, where each field ends; then the fields one after another.
// Numbers are little-endian; ends count from the beginning of the record.
const SLOT_AT = 4;
const TIMESTAMP_AT = 8;
const FLAGS_AT = 16;
const COUNT_AT = 20;
const ENDS_AT = 24;

/** The fields in their order. */
export const ROUTING_KEY = 0;
export const TYPE = 1;
export const MESSAGE_ID = 2;
export const CORRELATION_ID = 3;
export const EXCHANGE = 4;
export const SESSION_ID = 5;
export const PARTITION_KEY = 6;
export const HEADERS = 7;
export const BODY = 8;
export type Field = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** Of a record without its fields, in bytes. */
export const RECORD_HEAD = ENDS_AT + 4 * (BODY + 1);

const HAS_PLAIN_HEADERS = 1 << 7;

/** The bit that tells an absent field from an empty one. */
const hasField = (field: Field): number => 1 << field;

export const lengthOf = (source: Buffer, record: number): number => source.readUInt32LE(record);
export const slotOf = (source: Buffer, record: number): number => source.readUInt32LE(record + SLOT_AT);
export const timestampOf = (source: Buffer, record: number): number =>
  source.readDoubleLE(record + TIMESTAMP_AT);
export const headerCountOf = (source: Buffer, record: number): number =>
  source.readUInt32LE(record + COUNT_AT);
export const endOf = (source: Buffer, record: number, field: Field): number =>
  record + source.readUInt32LE(record + ENDS_AT + 4 * field);
export const startOf = (source: Buffer, record: number, field: Field): number =>
  field === ROUTING_KEY ? record + RECORD_HEAD : endOf(source, record, (field - 1) as Field);
export const isPresent = (source: Buffer, record: number, field: Field): boolean =>
  (source.readUInt32LE(record + FLAGS_AT) & hasField(field)) !== 0;
export const hasPlainHeaders = (source: Buffer, record: number): boolean =>
  (source.readUInt32LE(record + FLAGS_AT) & HAS_PLAIN_HEADERS) !== 0;

/** Writes records. */
export class RecordWriter {
  readonly #encodeHeaders = headerEncoder();
  #headers: HeaderBlock = this.#encodeHeaders({});

  /** Room that the record of this event surely fits in. {@link write} must be the next call. */
  bound(event: EncodedEvent): number {
    this.#headers = this.#encodeHeaders(event.headers);
    const { routingKey, type, messageId, correlationId, exchange, sessionId, partitionKey } = event;
    const texts =
      routingKey.length +
      type.length +
      messageId.length +
      correlationId.length +
      (exchange === undefined ? 0 : exchange.length) +
      (sessionId === undefined ? 0 : sessionId.length) +
      (partitionKey === undefined ? 0 : partitionKey.length);
    return RECORD_HEAD + 3 * texts + this.#headers.bytes.length + event.bytes;
  }

  /** Writes the record at `start`, and returns its length. */
  write(target: Buffer, start: number, slot: number, event: EncodedEvent): number {
    const { bytes, count, plain } = this.#headers;
    const { exchange, sessionId, partitionKey } = event;
    let flags = plain ? HAS_PLAIN_HEADERS : 0;
    let end = RECORD_HEAD;
    end += this.#put(target, start, end, ROUTING_KEY, event.routingKey);
    end += this.#put(target, start, end, TYPE, event.type);
    end += this.#put(target, start, end, MESSAGE_ID, event.messageId);
    end += this.#put(target, start, end, CORRELATION_ID, event.correlationId);
    if (exchange !== undefined) flags |= hasField(EXCHANGE);
    end += this.#put(target, start, end, EXCHANGE, exchange ?? "");
    if (sessionId !== undefined) flags |= hasField(SESSION_ID);
    end += this.#put(target, start, end, SESSION_ID, sessionId ?? "");
    if (partitionKey !== undefined) flags |= hasField(PARTITION_KEY);
    end += this.#put(target, start, end, PARTITION_KEY, partitionKey ?? "");
    end += bytes.copy(target, start + end);
    target.writeUInt32LE(end, start + ENDS_AT + 4 * HEADERS);
    end += event.putBody(target, start + end);
    target.writeUInt32LE(end, start + ENDS_AT + 4 * BODY);
    target.writeUInt32LE(end, start);
    target.writeUInt32LE(slot, start + SLOT_AT);
    target.writeDoubleLE(event.timestamp, start + TIMESTAMP_AT);
    target.writeUInt32LE(flags, start + FLAGS_AT);
    target.writeUInt32LE(count, start + COUNT_AT);
    return end;
  }

  #put(target: Buffer, start: number, at: number, field: Field, text: string): number {
    const length = text === "" ? 0 : putText(target, start + at, text);
    target.writeUInt32LE(at + length, start + ENDS_AT + 4 * field);
    return length;
  }
}
