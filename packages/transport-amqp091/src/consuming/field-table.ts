import { isUtf8 } from "node:buffer";
import { MalformedFrameError } from "./frame-reader.js";

/** Tables and arrays within each other; RabbitMQ's own headers have three. */
const DEEPEST = 32;

/** Bytes of a value, by its type; those of other types tell their length. https://www.rabbitmq.com/docs/amqp-0-9-1-errata#section_3 */
const fixedBytes: Readonly<Record<string, number>> = {
  t: 1,
  b: 1,
  B: 1,
  s: 2,
  u: 2,
  I: 4,
  i: 4,
  l: 8,
  f: 4,
  d: 8,
  D: 5,
  T: 8,
  V: 0,
};
const FIXED = new Int8Array(256).fill(-1);
for (const [type, bytes] of Object.entries(fixedBytes)) FIXED[type.charCodeAt(0)] = bytes;
const TABLE = 0x46; // F
const ARRAY = 0x41; // A
const LONG_STRING = 0x53; // S
const BYTES = 0x78; // x

/**
 * Goes through a table without reading its values, so that {@link readTable} cannot fail later.
 *
 * @param each called with each field of the outermost table: name, type and where its value begins.
 * @returns where the table ends.
 * @throws MalformedFrameError where it goes beyond `end`.
 */
export function checkTable(
  bytes: Buffer,
  at: number,
  end: number,
  each?: (nameFrom: number, nameTo: number, type: number, valueAt: number) => void,
): number {
  return checkNested(bytes, at, end, TABLE, 0, each);
}

function checkNested(
  bytes: Buffer,
  start: number,
  end: number,
  kind: number,
  depth: number,
  each?: Parameters<typeof checkTable>[3],
): number {
  if (depth > DEEPEST) throw new MalformedFrameError(`headers that are nested more than ${DEEPEST} deep`);
  const to = longEnd(bytes, start, end);
  let at = start + 4;
  while (at < to) {
    const nameFrom = at + 1;
    const nameTo = kind === TABLE ? nameFrom + bytes[at]! : at;
    if (nameTo >= to) throw new MalformedFrameError("a header without a value");
    const type = bytes[nameTo]!;
    each?.(nameFrom, nameTo, type, nameTo + 1);
    at = valueEnd(bytes, nameTo + 1, to, type, depth);
  }
  return to;
}

function valueEnd(bytes: Buffer, at: number, end: number, type: number, depth: number): number {
  const fixed = FIXED[type]!;
  if (fixed >= 0) {
    if (at + fixed > end) throw new MalformedFrameError("a header that is cut");
    return at + fixed;
  }
  if (type === LONG_STRING || type === BYTES) return longEnd(bytes, at, end);
  if (type === TABLE || type === ARRAY) return checkNested(bytes, at, end, type, depth + 1);
  throw new MalformedFrameError(`a header of the unknown type 0x${type.toString(16)}`);
}

function longEnd(bytes: Buffer, at: number, end: number): number {
  if (at + 4 > end) throw new MalformedFrameError("a header that is cut");
  const to = at + 4 + bytes.readUInt32BE(at);
  if (to > end) throw new MalformedFrameError("a header that is longer than its frame");
  return to;
}

/**
 * Reads a table that {@link checkTable} has passed. Integers beyond 2⁵³ are BigInts, timestamps are Dates, decimals are
 * numbers, and byte arrays are Buffers, as are strings that are no UTF-8.
 */
export const readTable = (bytes: Buffer, start: number): Record<string, unknown> =>
  new TableReader(bytes, start).table();

class TableReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  table(): Record<string, unknown> {
    const table: Record<string, unknown> = {};
    const to = this.#longEnd();
    while (this.#at < to) {
      const nameFrom = this.#at + 1;
      this.#at = nameFrom + this.#bytes[this.#at]!;
      const name = this.#bytes.toString("utf8", nameFrom, this.#at);
      const value = this.#value();
      if (name === "__proto__") Object.defineProperty(table, name, { value, enumerable: true });
      else table[name] = value;
    }
    return table;
  }

  #array(): unknown[] {
    const items: unknown[] = [];
    for (const to = this.#longEnd(); this.#at < to; ) items.push(this.#value());
    return items;
  }

  #value(): unknown {
    const type = this.#bytes[this.#at++]!;
    if (type === LONG_STRING) return this.#string();
    if (type === TABLE) return this.table();
    if (type === ARRAY) return this.#array();
    if (type === BYTES) {
      const to = this.#longEnd();
      return Buffer.from(this.#bytes.subarray(this.#to(to), to));
    }
    const value = readFixed(this.#bytes, this.#at, type);
    this.#at += FIXED[type]!;
    return value;
  }

  #string(): string | Buffer {
    const to = this.#longEnd();
    const from = this.#to(to);
    const text = this.#bytes.toString("utf8", from, to);
    if (!text.includes("\ufffd") || isUtf8(this.#bytes.subarray(from, to))) return text;
    return Buffer.from(this.#bytes.subarray(from, to));
  }

  /** Goes beyond the length that stands here; gives where what follows it ends. */
  #longEnd(): number {
    const length = this.#bytes.readUInt32BE(this.#at);
    this.#at += 4;
    return this.#at + length;
  }

  /** Goes to another place; gives the one before. */
  #to(at: number): number {
    const before = this.#at;
    this.#at = at;
    return before;
  }
}

function readFixed(bytes: Buffer, at: number, type: number): unknown {
  switch (String.fromCharCode(type)) {
    case "t":
      return bytes[at] !== 0;
    case "b":
      return bytes.readInt8(at);
    case "B":
      return bytes[at];
    case "s":
      return bytes.readInt16BE(at);
    case "u":
      return bytes.readUInt16BE(at);
    case "I":
      return bytes.readInt32BE(at);
    case "i":
      return bytes.readUInt32BE(at);
    case "l":
      return safe(bytes.readBigInt64BE(at));
    case "f":
      return bytes.readFloatBE(at);
    case "d":
      return bytes.readDoubleBE(at);
    case "D":
      return Number(`${bytes.readInt32BE(at + 1)}e-${bytes[at]}`);
    case "T":
      return dateOf(bytes.readBigUInt64BE(at));
    default:
      return null;
  }
}

const safe = (value: bigint): number | bigint =>
  value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;

/** The last second that a Date has. */
const LAST_SECOND = 8_640_000_000_000n;

const dateOf = (seconds: bigint): Date | bigint =>
  seconds <= LAST_SECOND ? new Date(Number(seconds) * 1000) : seconds;
