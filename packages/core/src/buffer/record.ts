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

/** A number, and the same memory as words: to write it so takes a third of the time of `writeDoubleLE`. */
const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);

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
export function timestampOf({ words, record }: Words): number {
  halves[0] = words[(record >> 2) + TIMESTAMP]!;
  halves[1] = words[(record >> 2) + TIMESTAMP + 1]!;
  return double[0]!;
}
function setTimestamp({ words, record }: Words, timestamp: number): void {
  double[0] = timestamp;
  words[(record >> 2) + TIMESTAMP] = halves[0]!;
  words[(record >> 2) + TIMESTAMP + 1] = halves[1]!;
}
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

/** Memory for heads, in bytes. A larger one is kept while its prefix is. */
const ORDINARY_HEAD = 1024;

/** The number of the last prefix that was given one. Those of all writers differ. */
let prefixes = 0;

/**
 * Writes records. All before the body, the head, is drafted in memory of the writer's own, where the prefix of the record
 * before it still lies, and copied at once: many small writes to a place that no cache holds take far longer.
 */
export class RecordWriter {
  readonly #encodeHeaders = headerEncoder();
  #headers: HeaderBlock = this.#encodeHeaders({});
  /** The one of {@link bound}. */
  #event: EncodedEvent | undefined;
  #last: Prefix | undefined;
  #draft: RecordPlace = { ...recordMemory(0), record: 0 };
  /** The last one, in the draft. */
  #head = this.#draft.source;
  /** Where the prefix of the last event ends in the draft, in bytes; 0 for an event of another. */
  #prefixEnd = 0;

  /** An upper bound for the record's size. It may be asked for again, but {@link write} must be the next other call. */
  bound(event: EncodedEvent): number {
    if (event !== this.#event) this.#compare(event);
    this.#event = event;
    return wholeWords(this.#headBound(event) + event.bytes);
  }

  /** Writes the record at its place, and returns its length. */
  write({ source, record }: Pick<Place, "source" | "record">, slot: number, event: EncodedEvent): number {
    this.#makeRoom(this.#headBound(event));
    const draft = this.#draft;
    const { words } = draft;
    if (this.#prefixEnd === 0) this.#prefixEnd = this.#writePrefix(event);
    else if (words[PREFIX] === 0) words[PREFIX] = prefixes = (prefixes + 1) >>> 0 || 1;
    const idEnd = putField(draft, this.#prefixEnd, MESSAGE_ID, event.messageId);
    const headEnd = putField(draft, idEnd, CORRELATION_ID, event.correlationId);
    const end = headEnd + event.bytes;
    const length = wholeWords(end);
    words[0] = length;
    words[ENDS + BODY] = end;
    setSlot(draft, slot);
    setTimestamp(draft, event.timestamp);
    if (this.#head.length !== headEnd) this.#head = draft.source.subarray(0, headEnd);
    event.putBody(source, putBytes(source, record, this.#head));
    this.#event = undefined;
    return length;
  }

  #compare(event: EncodedEvent): void {
    const { routingKey, exchange, own, headers, type, contentEncoding } = event;
    const last = this.#last;
    const isAlike =
      headers === last?.headers &&
      routingKey === last.routingKey &&
      type === last.type &&
      own === last.own &&
      exchange === last.exchange &&
      contentEncoding === last.contentEncoding;
    if (isAlike) return;
    this.#prefixEnd = 0;
    this.#headers = this.#encodeHeaders(headers);
    this.#last = { routingKey, exchange, own, headers, type, contentEncoding };
  }

  /** The most that all before the body takes, in bytes. */
  #headBound({ routingKey, exchange = "", own = "", type, messageId, correlationId }: EncodedEvent): number {
    const ids = 3 * (messageId.length + correlationId.length);
    if (this.#prefixEnd > 0) return this.#prefixEnd + ids;
    const texts = routingKey.length + exchange.length + own.length + type.length;
    return RECORD_HEAD + 3 * texts + this.#headers.bytes.length + ids;
  }

  #makeRoom(head: number): void {
    const { length } = this.#draft.source;
    const size = Math.max(ORDINARY_HEAD, wholeWords(head));
    if (this.#prefixEnd > 0 ? head <= length : size === length) return;
    this.#draft = { ...recordMemory(size), record: 0 };
    this.#head = this.#draft.source;
    this.#prefixEnd = 0;
  }

  /** Writes all before the ids into the draft, and returns where it ends. */
  #writePrefix({ routingKey, exchange, own, type, contentEncoding }: EncodedEvent): number {
    const draft = this.#draft;
    const { source, words } = draft;
    const { bytes, count, plain } = this.#headers;
    let flags = (plain ? HAS_PLAIN_HEADERS : 0) | encodingFlag(contentEncoding);
    if (exchange !== undefined) flags |= hasField(EXCHANGE);
    if (own !== undefined) flags |= hasField(OWN);
    words[PREFIX] = 0;
    words[FLAGS] = flags;
    words[HEADER_COUNT] = count;
    let end = putField(draft, RECORD_HEAD, ROUTING_KEY, routingKey);
    end = putField(draft, end, EXCHANGE, exchange);
    end = putField(draft, end, OWN, own);
    end = putBytes(source, end, bytes);
    words[ENDS + HEADERS] = end;
    return putField(draft, end, TYPE, type);
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
