import type { MessageHeaders } from "../message.js";
import { putInt64, putText } from "./bytes.js";

// The constructors of AMQP 1.0, 1.6: a block can then be copied into a map of that protocol as it is.
export const NULL_VALUE = 0x40;
export const TRUE_VALUE = 0x41;
export const FALSE_VALUE = 0x42;
export const INT_VALUE = 0x71;
export const LONG_VALUE = 0x81;
export const DOUBLE_VALUE = 0x82;
const STRING_8 = 0xa1;
const STRING_32 = 0xb1;

/** Headers as a record stores them: names and values in turn, each as an AMQP 1.0 value. */
export interface HeaderBlock {
  readonly bytes: Buffer;
  /** Pairs of name and value. */
  readonly count: number;
  /** Every name is text of at most 255 bytes, and every value text, a boolean or a finite number. */
  readonly plain: boolean;
}

/** Encodes headers. Consecutive events often share one object, which is then encoded once. */
export function headerEncoder(): (headers: MessageHeaders) => HeaderBlock {
  let last: MessageHeaders | undefined;
  let block: HeaderBlock = { bytes: Buffer.alloc(0), count: 0, plain: true };
  let target = Buffer.allocUnsafeSlow(1024);
  return (headers) => {
    if (headers === last) return block;
    const bound = boundOf(headers);
    // The bytes of the last block are copied into its record before the next one is asked for.
    if (bound > target.length) target = Buffer.allocUnsafeSlow(2 * bound);
    let at = 0;
    let count = 0;
    let plain = true;
    for (const name in headers) {
      const value = headers[name];
      if (value === undefined) continue;
      if (value === null || name.length > 85 || (typeof value === "number" && !Number.isFinite(value)))
        plain = false;
      at = putString(target, at, name);
      at = putValue(target, at, value);
      count++;
    }
    block = { bytes: target.subarray(0, at), count, plain };
    last = headers;
    return block;
  };
}

function boundOf(headers: MessageHeaders): number {
  let bound = 0;
  for (const name in headers) {
    const value = headers[name];
    bound += 14 + 3 * name.length + (typeof value === "string" ? 3 * value.length : 0);
  }
  return bound;
}

/**
 * Writes a value of a header as an AMQP 1.0 value: `null`, `string`, `boolean`, `int`, `long` or `double`. RabbitMQ 3.10
 * ends a reader of a stream over AMQP 0-9-1 that meets any other type; rabbitmq-stream-js-client 1.0.0 reads of numbers
 * the first alone.
 */
export function putValue(target: Buffer, at: number, value: string | number | boolean | null): number {
  if (typeof value === "string") return putString(target, at, value);
  if (value === null || typeof value === "boolean") {
    target[at] = value === null ? NULL_VALUE : value ? TRUE_VALUE : FALSE_VALUE;
    return at + 1;
  }
  if (value === (value | 0)) {
    target[at] = INT_VALUE;
    return target.writeInt32BE(value, at + 1);
  }
  if (Number.isSafeInteger(value)) {
    target[at] = LONG_VALUE;
    return putInt64(target, at + 1, value);
  }
  target[at] = DOUBLE_VALUE;
  return target.writeDoubleBE(value, at + 1);
}

/** Writes text as an AMQP 1.0 `string`, in the short form if the length of the text shows that it fits. */
export function putString(target: Buffer, at: number, text: string): number {
  if (text.length <= 85) {
    const length = putText(target, at + 2, text);
    target[at] = STRING_8;
    target[at + 1] = length;
    return at + 2 + length;
  }
  const length = putText(target, at + 5, text);
  target[at] = STRING_32;
  target.writeUInt32BE(length, at + 1);
  return at + 5 + length;
}

/** Whether a value of this constructor is text. */
export const isTextValue = (type: number): boolean => type >= STRING_8;

type Visit = (nameFrom: number, nameTo: number, type: number, from: number, to: number) => void;

/** Visits the `count` headers of a block: the position of each name, and the constructor and bytes of its value. */
export function eachHeader(source: Buffer, start: number, count: number, visit: Visit): void {
  let at = start;
  for (let left = count; left > 0; left--) {
    const nameFrom = at + headLength(source[at]!);
    const nameTo = nameFrom + lengthAt(source, at);
    const type = source[nameTo]!;
    const from = nameTo + headLength(type);
    const to = from + lengthAt(source, nameTo);
    visit(nameFrom, nameTo, type, from, to);
    at = to;
  }
}

/** Reads a block of `count` headers back. */
export function readHeaders(source: Buffer, start: number, count: number): MessageHeaders {
  const headers: Record<string, string | number | boolean | null> = {};
  eachHeader(source, start, count, (nameFrom, nameTo, type, from, to) => {
    const name = source.toString("utf8", nameFrom, nameTo);
    const value = readValue(source, type, from, to);
    if (name === "__proto__") Object.defineProperty(headers, name, { value, enumerable: true });
    else headers[name] = value;
  });
  return headers;
}

function readValue(source: Buffer, type: number, from: number, to: number): string | number | boolean | null {
  switch (type) {
    case NULL_VALUE:
      return null;
    case TRUE_VALUE:
    case FALSE_VALUE:
      return type === TRUE_VALUE;
    case INT_VALUE:
      return source.readInt32BE(from);
    case LONG_VALUE:
      return source.readInt32BE(from) * 0x1_0000_0000 + source.readUInt32BE(from + 4);
    case DOUBLE_VALUE:
      return source.readDoubleBE(from);
    default:
      return source.toString("utf8", from, to);
  }
}

/** The bytes of the constructor and, for text, of its length. */
const headLength = (type: number): number => (isTextValue(type) ? (type === STRING_8 ? 2 : 5) : 1);

function lengthAt(source: Buffer, at: number): number {
  switch (source[at]) {
    case NULL_VALUE:
    case TRUE_VALUE:
    case FALSE_VALUE:
      return 0;
    case INT_VALUE:
      return 4;
    case LONG_VALUE:
    case DOUBLE_VALUE:
      return 8;
    case STRING_8:
      return source[at + 1]!;
    default:
      return source.readUInt32BE(at + 1);
  }
}
