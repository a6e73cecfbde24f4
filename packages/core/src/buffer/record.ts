import type { ContentEncoding } from "../message.js";
import { putBytes, putText } from "./bytes.js";
import type { EncodedEvent } from "./encoded-event.js";
import { type HeaderBlock, headerEncoder } from "./header-block.js";

// A record begins with words of 32 bits: length, slot, a timestamp of two, the number of its prefix, flags, count of headers,
// and where each field ends, counted from the beginning of the record. The fields follow one after another. It begins, and
// ends, where a word does.
const SLOT = 1;
const TIMESTAMP = 2;
const PREFIX = 4;
const FLAGS = 5;
const HEADER_COUNT = 6;
const ENDS = 7;

/** The place of a record: memory as bytes, and the same memory as words. */
export interface RecordPlace {
  source: Buffer;
  words: Uint32Array;
  /** The offset of the record in bytes. */
  record: number;
}

type Place = Readonly<RecordPlace>;
type Words = Pick<Place, "words" | "record">;

/** The fields of a record in their order. Those before the ids are its prefix, which consecutive events mostly share. */
export const ROUTING_KEY = 0;
export const EXCHANGE = 1;
/** Texts by name, as JSON. */
export const OWN = 2;
export const HEADERS = 3;
export const TYPE = 4;
export const MESSAGE_ID = 5;
export const CORRELATION_ID = 6;
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
/**
 * Two records with the same number, other than 0, have the same prefix: a transport need not encode it again.
 */
export const prefixOf = ({ words, record }: Words): number => words[(record >> 2) + PREFIX]!;
/** Of a record that another program has written. */
export function forgetPrefix({ words, record }: Words): void {
  words[(record >> 2) + PREFIX] = 0;
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
  // Short ones are compared here, as in `putText`.
  if (to - from > 40) return one.source.compare(other.source, otherFrom, otherTo, from, to) === 0;
  for (let i = 0; i < to - from; i++) if (one.source[from + i] !== other.source[otherFrom + i]) return false;
  return true;
}

/** The same of two records that differ in ids, type, time and body at most. */
export function kindText(place: Place): string {
  const fields = place.source.toString("latin1", startOf(place, ROUTING_KEY), endOf(place, HEADERS));
  const lengths = [ROUTING_KEY, EXCHANGE, OWN].map((field) => fieldLength(place, field as Field));
  return `${flagsOf(place)},${lengths},${fields}`;
}

const flagsOf = ({ words, record }: Words): number => words[(record >> 2) + FLAGS]!;

type Prefix = Pick<EncodedEvent, "routingKey" | "exchange" | "own" | "headers" | "type" | "contentEncoding">;

/** A prefix is kept up to this size, in words. */
const LONGEST_PREFIX = 256;

/** The number of the last prefix that was kept. Those of all writers differ. */
let prefixes = 0;

/** Writes records. */
export class RecordWriter {
  readonly #encodeHeaders = headerEncoder();
  #headers: HeaderBlock = this.#encodeHeaders({});
  /** The one of {@link bound}. */
  #event: EncodedEvent | undefined;
  #last: Prefix | undefined;
  /** It has the prefix of the event before it. */
  #isAlike = false;
  /** The beginning of their records, once there were two such events in a row. */
  readonly #prefix = new Uint32Array(LONGEST_PREFIX);
  /** Where it ends, in bytes; 0 for none. */
  #prefixEnd = 0;

  /** An upper bound for the record's size. It may be asked for again, but {@link write} must be the next other call. */
  bound(event: EncodedEvent): number {
    if (event !== this.#event) this.#compare(event);
    this.#event = event;
    const ids = 3 * (event.messageId.length + event.correlationId.length);
    return wholeWords((this.#prefixEnd || this.#prefixBound(event)) + ids + event.bytes);
  }

  /** Writes the record at its place, and returns its length. */
  write(place: Place, slot: number, event: EncodedEvent): number {
    const { source, words, record } = place;
    const word = record >> 2;
    let end = this.#prefixEnd;
    if (end === 0) end = this.#writePrefix(place, event);
    else for (let i = 0; 4 * i < end; i++) words[word + i] = this.#prefix[i]!;
    end = putField(place, end, MESSAGE_ID, event.messageId);
    end = putField(place, end, CORRELATION_ID, event.correlationId);
    end += event.putBody(source, record + end);
    words[word + ENDS + BODY] = end;
    const length = wholeWords(end);
    words[word] = length;
    words[word + SLOT] = slot;
    source.writeDoubleLE(event.timestamp, record + 4 * TIMESTAMP);
    this.#event = undefined;
    return length;
  }

  #compare(event: EncodedEvent): void {
    const { routingKey, exchange, own, headers, type, contentEncoding } = event;
    const last = this.#last;
    this.#isAlike =
      headers === last?.headers &&
      routingKey === last.routingKey &&
      type === last.type &&
      own === last.own &&
      exchange === last.exchange &&
      contentEncoding === last.contentEncoding;
    if (this.#isAlike) return;
    this.#prefixEnd = 0;
    this.#headers = this.#encodeHeaders(headers);
    this.#last = { routingKey, exchange, own, headers, type, contentEncoding };
  }

  #prefixBound({ routingKey, exchange = "", own = "", type }: EncodedEvent): number {
    const texts = routingKey.length + exchange.length + own.length + type.length;
    return RECORD_HEAD + 3 * texts + this.#headers.bytes.length;
  }

  /** Writes all before the ids, and returns where it ends. */
  #writePrefix(place: Place, event: EncodedEvent): number {
    const { source, words, record } = place;
    const word = record >> 2;
    const { bytes, count, plain } = this.#headers;
    const { exchange, own } = event;
    let flags = (plain ? HAS_PLAIN_HEADERS : 0) | encodingFlag(event.contentEncoding);
    let end = putField(place, RECORD_HEAD, ROUTING_KEY, event.routingKey);
    if (exchange !== undefined) flags |= hasField(EXCHANGE);
    end = putField(place, end, EXCHANGE, exchange);
    if (own !== undefined) flags |= hasField(OWN);
    end = putField(place, end, OWN, own);
    end = putBytes(source, record + end, bytes) - record;
    words[word + ENDS + HEADERS] = end;
    end = putField(place, end, TYPE, event.type);
    words[word + FLAGS] = flags;
    words[word + HEADER_COUNT] = count;
    words[word + PREFIX] = 0;
    if (this.#isAlike && end <= 4 * LONGEST_PREFIX) {
      prefixes = (prefixes + 1) >>> 0 || 1;
      words[word + PREFIX] = prefixes;
      for (let i = 0; 4 * i < end; i++) this.#prefix[i] = words[word + i]!;
      this.#prefixEnd = end;
    }
    return end;
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
