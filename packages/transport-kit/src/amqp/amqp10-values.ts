import { FALSE_VALUE, NULL_VALUE, putInt64, putText, TRUE_VALUE } from "@streamll/core/internal";

export { putString, putValue } from "@streamll/core/internal";

// AMQP 1.0, 1.6 (primitive types) and 3.2 (sections). Each function writes at `at`, and returns where what it wrote
// ends; it checks no bounds, so that the caller makes room first.

/** Descriptor of the section `header`. */
export const HEADER = 0x70;
/** Descriptor of the section `message-annotations`. */
export const MESSAGE_ANNOTATIONS = 0x72;
/** Descriptor of the section `properties`. */
export const PROPERTIES = 0x73;
/** Descriptor of the section `application-properties`. */
export const APPLICATION_PROPERTIES = 0x74;
const DATA = 0x75;

const UBYTE = 0x50;
const UINT = 0x70;
const TIMESTAMP = 0x83;
const BINARY_8 = 0xa0;
const STRING_8 = 0xa1;
const SYMBOL_8 = 0xa3;
const BINARY_32 = 0xb0;
const LIST_32 = 0xd0;
const MAP_32 = 0xd1;

/** Bytes of a section before its content: descriptor, constructor, size and count. */
export const SECTION_HEAD_BYTES = 12;
/** The most bytes of {@link putDataHead}. */
export const DATA_HEAD_BYTES = 8;
/** The most bytes of a text before its content: constructor and length. */
export const TEXT_HEAD_BYTES = 5;

/**
 * Begins a section that is a list or a map; {@link endSection} fills in its size and count.
 *
 * @example
 * let at = beginSection(target, start, APPLICATION_PROPERTIES);
 * at = putShortText(target, at, "tenant");
 * at = putValue(target, at, 7);
 * at = endSection(target, start, at, 2);
 */
export function beginSection(target: Buffer, at: number, section: number): number {
  target[at] = 0;
  target[at + 1] = 0x53;
  target[at + 2] = section;
  target[at + 3] = section === PROPERTIES || section === HEADER ? LIST_32 : MAP_32;
  return at + SECTION_HEAD_BYTES;
}

/** Ends the section that began at `start`. `count` is that of its values, or of the keys and values of a map. */
export function endSection(target: Buffer, start: number, end: number, count: number): number {
  target.writeUInt32BE(end - start - 8, start + 4);
  target.writeUInt32BE(count, start + 8);
  return end;
}

/** `null`. */
export function putNull(target: Buffer, at: number): number {
  target[at] = NULL_VALUE;
  return at + 1;
}

/** `true` or `false`. */
export function putBoolean(target: Buffer, at: number, value: boolean): number {
  target[at] = value ? TRUE_VALUE : FALSE_VALUE;
  return at + 1;
}

/** A `ubyte`: 0 to 255. */
export function putUbyte(target: Buffer, at: number, value: number): number {
  target[at] = UBYTE;
  target[at + 1] = value;
  return at + 2;
}

/** A `uint`: 0 to 2^32 - 1. */
export function putUint(target: Buffer, at: number, value: number): number {
  target[at] = UINT;
  return target.writeUInt32BE(value, at + 1);
}

/** A `timestamp`: milliseconds since 1970, a safe integer. */
export function putTimestamp(target: Buffer, at: number, milliseconds: number): number {
  target[at] = TIMESTAMP;
  return putInt64(target, at + 1, milliseconds);
}

/** A `string` of at most 255 bytes. */
export const putShortText = (target: Buffer, at: number, text: string): number =>
  putShort(target, at, STRING_8, text);

/** A `symbol`: at most 255 bytes, ASCII. */
export const putSymbol = (target: Buffer, at: number, text: string): number =>
  putShort(target, at, SYMBOL_8, text);

/** The bytes of a `symbol`, for one that is written again and again. */
export function symbolBytes(text: string): Buffer {
  const bytes = Buffer.alloc(2 + Buffer.byteLength(text));
  putSymbol(bytes, 0, text);
  return bytes;
}

function putShort(target: Buffer, at: number, type: number, text: string): number {
  const length = putText(target, at + 2, text);
  target[at] = type;
  target[at + 1] = length;
  return at + 2 + length;
}

/** The section `data` of the body, up to its bytes: `length` of them follow. */
export function putDataHead(target: Buffer, at: number, length: number): number {
  target[at] = 0;
  target[at + 1] = 0x53;
  target[at + 2] = DATA;
  if (length <= 255) {
    target[at + 3] = BINARY_8;
    target[at + 4] = length;
    return at + 5;
  }
  target[at + 3] = BINARY_32;
  return target.writeUInt32BE(length, at + 4);
}

/** {@link putDataHead} by itself. */
export function dataHead(length: number): Buffer {
  const head = Buffer.alloc(DATA_HEAD_BYTES);
  return head.subarray(0, putDataHead(head, 0, length));
}
