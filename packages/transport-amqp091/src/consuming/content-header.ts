import { checkTable } from "./field-table.js";
import { MalformedFrameError } from "./frame-reader.js";

/** RabbitMQ has none that are larger (`max_message_size`), in bytes. */
const LARGEST_BODY = 512 * 1024 * 1024;

/** Class, weight, size of the body, flags. */
const FIXED_BYTES = 2 + 2 + 8 + 2;

// The properties of class basic, by their place: the first one has the highest flag.
export const CONTENT_TYPE = 0;
export const CONTENT_ENCODING = 1;
export const HEADERS = 2;
export const DELIVERY_MODE = 3;
export const PRIORITY = 4;
export const CORRELATION_ID = 5;
export const REPLY_TO = 6;
export const EXPIRATION = 7;
export const MESSAGE_ID = 8;
export const TIMESTAMP = 9;
export const TYPE = 10;
export const USER_ID = 11;
export const APP_ID = 12;
/** With the reserved one. */
const PROPERTIES = 14;
/** Further flags follow: no property of class basic needs them. */
const MORE_FLAGS = 0b11;

const SHORT_STRING = -1;
const TABLE = -2;
/** Bytes of each, where they are always the same. */
const sizes = Int8Array.from({ length: PROPERTIES }, (_, property) => {
  if (property === HEADERS) return TABLE;
  if (property === TIMESTAMP) return 8;
  return property === DELIVERY_MODE || property === PRIORITY ? 1 : SHORT_STRING;
});

/** A content header that was checked: reading its properties cannot fail any more. */
export interface ContentHeader {
  readonly bytes: Buffer;
  readonly bodySize: number;
  readonly flags: number;
  /** Where the properties begin. */
  readonly from: number;
}

/** @throws MalformedFrameError */
export function checkContentHeader(bytes: Buffer, start: number, end: number): ContentHeader {
  const from = start + FIXED_BYTES;
  if (from > end) throw new MalformedFrameError("a content header that is cut");
  const bodySize = bytes.readUInt32BE(start + 4) * 0x1_0000_0000 + bytes.readUInt32BE(start + 8);
  if (bodySize > LARGEST_BODY) throw new MalformedFrameError(`a body of ${bodySize} bytes`);
  const flags = bytes.readUInt16BE(start + 12);
  if ((flags & MORE_FLAGS) !== 0) throw new MalformedFrameError("a content header with unknown properties");
  let at = from;
  for (let property = 0; property < PROPERTIES; property++) {
    if (!isSet(flags, property)) continue;
    at = sizes[property] === TABLE ? checkTable(bytes, at, end) : afterPlain(bytes, at, property);
    if (at > end) throw new MalformedFrameError("a property that is cut");
  }
  return { bytes, bodySize, flags, from };
}

/** Where a property stands; `-1` where it is not set. */
export function placeOf({ bytes, flags, from }: ContentHeader, wanted: number): number {
  if (!isSet(flags, wanted)) return -1;
  let at = from;
  for (let property = 0; property < wanted; property++) {
    if (!isSet(flags, property)) continue;
    at = endOf(bytes, at, property);
  }
  return at;
}

/** The bit of a property among the flags. */
export const flagOf = (property: number): number => 0x8000 >> property;

/** Those that are set, in the order of the bytes. */
export function eachProperty(
  { bytes, flags, from }: ContentHeader,
  visit: (property: number, from: number, to: number) => void,
): void {
  let at = from;
  for (let property = 0; property < PROPERTIES; property++) {
    if (!isSet(flags, property)) continue;
    const end = endOf(bytes, at, property);
    visit(property, at, end);
    at = end;
  }
}

const isSet = (flags: number, property: number): boolean => (flags & flagOf(property)) !== 0;

/** Of one that was checked. */
const endOf = (bytes: Buffer, at: number, property: number): number =>
  sizes[property] === TABLE ? at + 4 + bytes.readUInt32BE(at) : afterPlain(bytes, at, property);

/** What begins beyond the end of the bytes ends nowhere. */
function afterPlain(bytes: Buffer, at: number, property: number): number {
  const size = sizes[property]!;
  return size === SHORT_STRING ? at + 1 + (bytes[at] ?? Number.POSITIVE_INFINITY) : at + size;
}
