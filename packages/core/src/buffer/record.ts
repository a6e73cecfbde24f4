import type { ContentEncoding } from "../message.js";
import { putText } from "./bytes.js";
import type { EncodedEvent } from "./encoded-event.js";
import { type HeaderBlock, headerEncoder } from "./header-block.js";

// A record begins with words of 32 bits: length, slot, flags, count of headers, a timestamp of two, and where each field
// ends, counted from the beginning of the record. The fields follow one after another. It begins, and ends, where a word
// does.
const SLOT = 1;
const FLAGS = 2;
const HEADER_COUNT = 3;
const TIMESTAMP = 4;
const ENDS = 6;

/** The place of a record: memory as bytes, and the same memory as words. */
export interface RecordPlace {
  source: Buffer;
  words: Uint32Array;
  /** The offset of the record in bytes. */
  record: number;
}

type Place = Readonly<RecordPlace>;
type Words = Pick<Place, "words" | "record">;

/** The fields of a record in their order. */
export const ROUTING_KEY = 0;
export const TYPE = 1;
export const MESSAGE_ID = 2;
export const CORRELATION_ID = 3;
export const EXCHANGE = 4;
/** Texts by name, as JSON. */
export const OWN = 5;
export const HEADERS = 6;
export const BODY = 7;
export type Field = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;

/** The size of a record without its fields, in bytes. */
export const RECORD_HEAD = 4 * (ENDS + BODY + 1);

const HAS_PLAIN_HEADERS = 1 << 7;
const IS_GZIP = 1 << 8;
const IS_ZSTD = 1 << 9;

/** The bit that distinguishes an absent field from an empty one. */
const hasField = (field: Field): number => 1 << field;

/** Memory for records. */
export function recordMemory(bytes: number): Omit<RecordPlace, "record"> {
  const source = Buffer.allocUnsafeSlow(wholeWords(bytes));
  return { source, words: new Uint32Array(source.buffer) };
}

export const wholeWords = (bytes: number): number => (bytes + 3) & ~3;

export const lengthOf = ({ words, record }: Words): number => words[record >> 2]!;
export const slotOf = ({ words, record }: Words): number => words[(record >> 2) + SLOT]!;
export function setSlot({ words, record }: Words, slot: number): void {
  words[(record >> 2) + SLOT] = slot;
}
export const timestampOf = ({ source, record }: Place): number => source.readDoubleLE(record + 4 * TIMESTAMP);
export const headerCountOf = ({ words, record }: Words): number => words[(record >> 2) + HEADER_COUNT]!;
export const endOf = ({ words, record }: Words, field: Field): number =>
  record + words[(record >> 2) + ENDS + field]!;
export const startOf = (place: Words, field: Field): number =>
  field === ROUTING_KEY ? place.record + RECORD_HEAD : endOf(place, (field - 1) as Field);
/** The length of a field, in bytes of UTF-8. */
export const fieldLength = (place: Words, field: Field): number =>
  endOf(place, field) - startOf(place, field);
export const isPresent = (place: Words, field: Field): boolean => (flagsOf(place) & hasField(field)) !== 0;
export const hasPlainHeaders = (place: Words): boolean => (flagsOf(place) & HAS_PLAIN_HEADERS) !== 0;
/** How the body is compressed. */
export function encodingOf(place: Words): ContentEncoding | undefined {
  const flags = flagsOf(place) & (IS_GZIP | IS_ZSTD);
  return flags === 0 ? undefined : flags === IS_GZIP ? "gzip" : "zstd";
}

/** A field of both has the same bytes. */
export function sameField(one: Place, other: Place, field: Field): boolean {
  const from = startOf(one, field);
  const to = endOf(one, field);
  const otherFrom = startOf(other, field);
  const otherTo = endOf(other, field);
  if (to - from !== otherTo - otherFrom) return false;
  return to === from || one.source.compare(other.source, otherFrom, otherTo, from, to) === 0;
}

/** Both differ in ids, type, time and body at most. */
export const isAlike = (one: Place, other: Place): boolean =>
  flagsOf(one) === flagsOf(other) &&
  sameField(one, other, ROUTING_KEY) &&
  sameField(one, other, HEADERS) &&
  sameField(one, other, EXCHANGE) &&
  sameField(one, other, OWN);

const flagsOf = ({ words, record }: Words): number => words[(record >> 2) + FLAGS]!;

/** Writes records. */
export class RecordWriter {
  readonly #encodeHeaders = headerEncoder();
  #headers: HeaderBlock = this.#encodeHeaders({});

  /** An upper bound for the record's size. {@link write} must be the next call. */
  bound(event: EncodedEvent): number {
    this.#headers = this.#encodeHeaders(event.headers);
    const { routingKey, type, messageId, correlationId, exchange, own } = event;
    const texts =
      routingKey.length +
      type.length +
      messageId.length +
      correlationId.length +
      (exchange === undefined ? 0 : exchange.length) +
      (own === undefined ? 0 : own.length);
    return wholeWords(RECORD_HEAD + 3 * texts + this.#headers.bytes.length + event.bytes);
  }

  /** Writes the record at its place, and returns its length. */
  write(place: Place, slot: number, event: EncodedEvent): number {
    const { source, words, record } = place;
    const { bytes, count, plain } = this.#headers;
    const { exchange, own } = event;
    const word = record >> 2;
    let flags = (plain ? HAS_PLAIN_HEADERS : 0) | encodingFlag(event.contentEncoding);
    let end = putField(place, RECORD_HEAD, ROUTING_KEY, event.routingKey);
    end = putField(place, end, TYPE, event.type);
    end = putField(place, end, MESSAGE_ID, event.messageId);
    end = putField(place, end, CORRELATION_ID, event.correlationId);
    if (exchange !== undefined) flags |= hasField(EXCHANGE);
    end = putField(place, end, EXCHANGE, exchange);
    if (own !== undefined) flags |= hasField(OWN);
    end = putField(place, end, OWN, own);
    end += bytes.copy(source, record + end);
    words[word + ENDS + HEADERS] = end;
    end += event.putBody(source, record + end);
    words[word + ENDS + BODY] = end;
    const length = wholeWords(end);
    words[word] = length;
    words[word + SLOT] = slot;
    words[word + FLAGS] = flags;
    words[word + HEADER_COUNT] = count;
    source.writeDoubleLE(event.timestamp, record + 4 * TIMESTAMP);
    return length;
  }
}

const encodingFlag = (encoding: ContentEncoding | undefined): number =>
  encoding === undefined ? 0 : encoding === "gzip" ? IS_GZIP : IS_ZSTD;

/** Writes a field that begins at `at` of its record, and returns where it ends. */
function putField({ source, words, record }: Place, at: number, field: Field, text = ""): number {
  const end = text === "" ? at : at + putText(source, record + at, text);
  words[(record >> 2) + ENDS + field] = end;
  return end;
}
