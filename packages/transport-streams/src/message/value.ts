import { MalformedFrameError } from "../protocol/reader.js";

/** Lists, maps and descriptions within each other. */
const DEEPEST = 32;

/**
 * Where the value ends that begins at `at` (AMQP 1.0, 1.2: the first four bits of a constructor tell the width).
 *
 * @throws MalformedFrameError where it goes beyond `end`.
 */
export function valueEnd(bytes: Buffer, at: number, end: number, depth = 0): number {
  if (at >= end) throw new MalformedFrameError("a value that is cut");
  if (depth > DEEPEST) throw new MalformedFrameError("a value that is described too often");
  // A described value: the description is a value itself.
  if (bytes[at] === 0) return valueEnd(bytes, valueEnd(bytes, at + 1, end, depth + 1), end, depth + 1);
  const to = at + 1 + widthAt(bytes, at, end);
  if (to > end) throw new MalformedFrameError("a value that is cut");
  return to;
}

function widthAt(bytes: Buffer, at: number, end: number): number {
  const kind = bytes[at]! >>> 4;
  if (kind < 4) throw new MalformedFrameError(`a value of the unknown type 0x${bytes[at]!.toString(16)}`);
  if (kind < 10) return kind === 4 ? 0 : 1 << (kind - 5);
  const isShort = kind % 2 === 0;
  if (at + (isShort ? 2 : 5) > end) throw new MalformedFrameError("a value that is cut");
  return isShort ? 1 + bytes[at + 1]! : 4 + bytes.readUInt32BE(at + 1);
}

/**
 * The value at `at`. Integers beyond 2⁵³ are BigInts, timestamps are Dates, UUIDs are strings, and binaries are Buffers,
 * as are decimals, which JavaScript has not. What a value is described as is left out.
 *
 * @throws MalformedFrameError
 */
export function readValue(bytes: Buffer, at: number, end: number, depth = 0): unknown {
  const to = valueEnd(bytes, at, end);
  if (depth > DEEPEST) throw new MalformedFrameError(`values that are nested more than ${DEEPEST} deep`);
  const type = bytes[at]!;
  if (type === 0) return readValue(bytes, valueEnd(bytes, at + 1, to), to, depth + 1);
  const start = at + 1;
  switch (type) {
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
    case 0x56:
      return bytes[start] === 1;
    case 0x50:
    case 0x52:
    case 0x53:
      return bytes[start];
    case 0x51:
    case 0x54:
    case 0x55:
      return bytes.readInt8(start);
    case 0x60:
      return bytes.readUInt16BE(start);
    case 0x61:
      return bytes.readInt16BE(start);
    case 0x70:
      return bytes.readUInt32BE(start);
    case 0x71:
      return bytes.readInt32BE(start);
    case 0x72:
      return bytes.readFloatBE(start);
    case 0x73:
      return characterOf(bytes.readUInt32BE(start));
    case 0x80:
      return plain(bytes.readBigUInt64BE(start));
    case 0x81:
      return plain(bytes.readBigInt64BE(start));
    case 0x82:
      return bytes.readDoubleBE(start);
    case 0x83:
      return new Date(Number(bytes.readBigInt64BE(start)));
    case 0x98:
      return uuidOf(bytes.toString("hex", start, to));
    case 0xa1:
    case 0xa3:
      return bytes.toString("utf8", start + 1, to);
    case 0xb1:
    case 0xb3:
      return bytes.toString("utf8", start + 4, to);
    case 0xa0:
      return Buffer.from(bytes.subarray(start + 1, to));
    case 0xb0:
      return Buffer.from(bytes.subarray(start + 4, to));
    case 0xc0:
    case 0xd0:
      return itemsOf(bytes, at, to, depth);
    case 0xc1:
    case 0xd1:
      return mapOf(itemsOf(bytes, at, to, depth));
    default:
      // Decimals and arrays: as they are.
      return Buffer.from(bytes.subarray(start, to));
  }
}

/** Where the items of a list or a map begin, whose constructor is at `at`; its size and count come before them. */
export const itemsAt = (bytes: Buffer, at: number): number => at + (bytes[at]! >>> 4 === 0xd ? 9 : 3);

function itemsOf(bytes: Buffer, at: number, end: number, depth: number): unknown[] {
  const items: unknown[] = [];
  for (let next = itemsAt(bytes, at); next < end; next = valueEnd(bytes, next, end))
    items.push(readValue(bytes, next, end, depth + 1));
  return items;
}

/** Keys that are no strings, which few maps have, are written as one. */
function mapOf(items: readonly unknown[]): Record<string, unknown> {
  const pairs: [string, unknown][] = [];
  for (let index = 0; index + 1 < items.length; index += 2)
    pairs.push([String(items[index]), items[index + 1]]);
  return Object.fromEntries(pairs);
}

const plain = (value: bigint): number | bigint =>
  value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;

const characterOf = (codePoint: number): string =>
  codePoint <= 0x10ffff ? String.fromCodePoint(codePoint) : "\ufffd";

const uuidOf = (hex: string): string =>
  [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
