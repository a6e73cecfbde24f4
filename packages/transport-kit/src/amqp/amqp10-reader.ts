// AMQP 1.0, 1.6: primitive types, by the code that each value begins with.

/** Bytes that are no value of AMQP 1.0, or end before it does. */
export class MalformedValueError extends Error {
  override name = "MalformedValueError";
}

const BEYOND = "a value goes beyond its message";
/** Lists, maps and descriptions within each other. */
const DEEPEST = 32;
const NESTED = `values are nested more than ${DEEPEST} deep`;
const DESCRIBED = 0x00;
/** Bytes of a value behind its code, by the code's upper half; below 0: its size stands in so many bytes. */
const WIDTHS = [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, -1, -4, -1, -4, -1, -4];

/**
 * Where the value that begins at `at` ends.
 *
 * @throws MalformedValueError where that is beyond the bytes, or the value is described too deep.
 */
export const valueEnd = (bytes: Buffer, at: number): number => endOfValue(bytes, at, 0);

function endOfValue(bytes: Buffer, at: number, depth: number): number {
  if (depth > DEEPEST) throw new MalformedValueError(NESTED);
  const code = bytes[at];
  if (code === DESCRIBED) return endOfValue(bytes, endOfValue(bytes, at + 1, depth + 1), depth + 1);
  const width = WIDTHS[(code ?? 0) >> 4]!;
  const end = width >= 0 ? at + 1 + width : at + 1 - width + sizeAt(bytes, at + 1, width);
  if (code === undefined || code < 0x40 || end > bytes.length) throw new MalformedValueError(BEYOND);
  return end;
}

function sizeAt(bytes: Buffer, at: number, width: number): number {
  if (at - width > bytes.length) throw new MalformedValueError(BEYOND);
  return width === -1 ? bytes[at]! : bytes.readUInt32BE(at);
}

/**
 * Reads one value. Integers beyond 2⁵³ are BigInts, timestamps are Dates, uuids are strings, binary and decimals are
 * Buffers of their own; symbols are strings, and a description is left away.
 *
 * @throws MalformedValueError
 */
export const readValue = (bytes: Buffer, at: number): unknown => new ValueReader(bytes, at).value(0);

/**
 * Where the item with that place in a list begins, or `undefined` where the list is shorter.
 *
 * @throws MalformedValueError where there is no list at `at`.
 */
export function listItem(bytes: Buffer, at: number, place: number): number | undefined {
  const code = bytes[at];
  if (code === 0x45) return undefined;
  const isShort = code === 0xc0;
  if (!isShort && code !== 0xd0) throw new MalformedValueError("a value is no list");
  const first = at + (isShort ? 3 : 9);
  if (first > bytes.length) throw new MalformedValueError(BEYOND);
  const count = isShort ? bytes[at + 2]! : bytes.readUInt32BE(at + 5);
  if (place >= count) return undefined;
  let item = first;
  for (let passed = 0; passed < place; passed++) item = valueEnd(bytes, item);
  return item;
}

/**
 * The pairs of a map, each with its key as text and both encoded, as they lie there.
 *
 * @throws MalformedValueError where there is no map at `at`.
 */
export function* mapPairs(bytes: Buffer, at: number): Generator<[key: string, pair: Buffer]> {
  const isShort = bytes[at] === 0xc1;
  if (!isShort && bytes[at] !== 0xd1) throw new MalformedValueError("a value is no map");
  const end = valueEnd(bytes, at);
  for (let key = at + (isShort ? 3 : 9); key < end; ) {
    const next = valueEnd(bytes, valueEnd(bytes, key));
    yield [String(readValue(bytes, key)), bytes.subarray(key, next)];
    key = next;
  }
}

class ValueReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  value(depth: number): unknown {
    if (depth > DEEPEST) throw new MalformedValueError(NESTED);
    return this.#valueOf(this.#code(depth), depth);
  }

  /** Of what follows; goes beyond a descriptor. */
  #code(depth: number): number {
    const code = this.#uint(1);
    if (code !== DESCRIBED) return code;
    this.value(depth + 1);
    return this.#code(depth + 1);
  }

  #valueOf(code: number, depth: number): unknown {
    if (code >= 0xe0) return this.#array(code === 0xe0 ? 1 : 4, depth);
    if (code >= 0xc0) {
      const items = this.#items(code & 0x10 ? 4 : 1, depth);
      return (code & 0x0f) === 1 ? mapOf(items) : items;
    }
    if (code >= 0xa0) return this.#variable(code);
    const start = this.#at;
    this.#at += WIDTHS[code >> 4]!;
    if (this.#at > this.#bytes.length) throw new MalformedValueError(BEYOND);
    return readFixed(this.#bytes, start, code);
  }

  #items(width: 1 | 4, depth: number): unknown[] {
    const size = this.#uint(width);
    const end = this.#at + size;
    const items = new Array(this.#countIn(width, size));
    for (let index = 0; index < items.length; index++) items[index] = this.value(depth + 1);
    this.#at = end;
    return items;
  }

  #array(width: 1 | 4, depth: number): unknown[] {
    const size = this.#uint(width);
    const end = this.#at + size;
    const items = new Array(this.#countIn(width, size));
    const code = this.#code(depth);
    for (let index = 0; index < items.length; index++) items[index] = this.#valueOf(code, depth + 1);
    this.#at = end;
    return items;
  }

  /** Values without bytes could be any number: there are no more than bytes. */
  #countIn(width: 1 | 4, size: number): number {
    const count = this.#uint(width);
    if (count > size || this.#at + size - width > this.#bytes.length) throw new MalformedValueError(BEYOND);
    return count;
  }

  #variable(code: number): string | Buffer {
    const length = this.#uint(code >= 0xb0 ? 4 : 1);
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new MalformedValueError(BEYOND);
    const isBinary = (code & 0x0f) === 0;
    return isBinary
      ? Buffer.from(this.#bytes.subarray(start, this.#at))
      : this.#bytes.toString("utf8", start, this.#at);
  }

  #uint(width: 1 | 4): number {
    const start = this.#at;
    this.#at += width;
    if (this.#at > this.#bytes.length) throw new MalformedValueError(BEYOND);
    return this.#bytes.readUIntBE(start, width);
  }
}

/** Keys may be of any type, and several of them one text. */
const mapOf = (items: readonly unknown[]): Record<string, unknown> =>
  Object.fromEntries(
    Array.from({ length: items.length >> 1 }, (_, index) => [String(items[2 * index]), items[2 * index + 1]]),
  );

function readFixed(bytes: Buffer, at: number, code: number): unknown {
  switch (code) {
    case 0x40:
      return null;
    case 0x41:
      return true;
    case 0x42:
      return false;
    case 0x43:
    case 0x44:
      return 0;
    case 0x45:
      return [];
    case 0x50: // ubyte
    case 0x52: // smalluint
    case 0x53: // smallulong
      return bytes[at];
    case 0x51: // byte
    case 0x54: // smallint
    case 0x55: // smalllong
      return bytes.readInt8(at);
    case 0x56:
      return bytes[at] !== 0;
    case 0x60:
      return bytes.readUInt16BE(at);
    case 0x61:
      return bytes.readInt16BE(at);
    case 0x70:
      return bytes.readUInt32BE(at);
    case 0x71:
      return bytes.readInt32BE(at);
    case 0x72:
      return bytes.readFloatBE(at);
    case 0x73:
      return charOf(bytes.readUInt32BE(at));
    case 0x80:
      return safe(bytes.readBigUInt64BE(at));
    case 0x81:
      return safe(bytes.readBigInt64BE(at));
    case 0x82:
      return bytes.readDoubleBE(at);
    case 0x83:
      return new Date(Number(bytes.readBigInt64BE(at)));
    case 0x98:
      return uuidOf(bytes.toString("hex", at, at + 16));
    case 0x74: // decimals, which JavaScript has none of
    case 0x84:
    case 0x94:
      return Buffer.from(bytes.subarray(at, at + WIDTHS[code >> 4]!));
    default:
      throw new MalformedValueError(`a value has the unknown type 0x${code.toString(16)}`);
  }
}

const charOf = (code: number): string => String.fromCodePoint(Math.min(code, 0x10ffff));

const safe = (value: bigint): number | bigint =>
  value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;

const uuidOf = (hex: string): string => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
