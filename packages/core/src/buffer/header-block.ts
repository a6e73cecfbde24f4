import type { MessageHeaders } from "../message.js";
import { putText } from "./text.js";

// The constructors of AMQP 1.0, 1.6: a block can then be copied into a map of that protocol as it is.
const NULL = 0x40;
const TRUE = 0x41;
const FALSE = 0x42;
const INT = 0x71;
const LONG = 0x81;
const DOUBLE = 0x82;
const STRING_8 = 0xa1;
const STRING_32 = 0xb1;

/** Headers as they lie in a record: names and values in turn, each an AMQP 1.0 value. */
export interface HeaderBlock {
  readonly bytes: Buffer;
  /** Pairs of name and value. */
  readonly count: number;
  /** Every name is text of at most 255 bytes, and every value text, a boolean or a finite number. */
  readonly plain: boolean;
}

/** Encodes headers. Neighbours often share one object, which is encoded once. */
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

function putValue(target: Buffer, at: number, value: string | number | boolean | null): number {
  if (typeof value === "string") return putString(target, at, value);
  if (value === null || typeof value === "boolean") {
    target[at] = value === null ? NULL : value ? TRUE : FALSE;
    return at + 1;
  }
  if (value === (value | 0)) {
    target[at] = INT;
    return target.writeInt32BE(value, at + 1);
  }
  if (Number.isSafeInteger(value)) {
    target[at] = LONG;
    target.writeInt32BE(Math.floor(value / 0x1_0000_0000), at + 1);
    return target.writeUInt32BE(value >>> 0, at + 5);
  }
  target[at] = DOUBLE;
  return target.writeDoubleBE(value, at + 1);
}

function putString(target: Buffer, at: number, text: string): number {
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

/** Reads a block of `count` pairs back. */
export function readHeaders(source: Buffer, start: number, count: number): MessageHeaders {
  const headers: Record<string, string | number | boolean | null> = {};
  const reader = new ValueReader(source, start);
  for (let i = 0; i < count; i++) {
    const name = String(reader.next());
    const value = reader.next();
    if (name === "__proto__") Object.defineProperty(headers, name, { value, enumerable: true });
    else headers[name] = value;
  }
  return headers;
}

class ValueReader {
  readonly #source: Buffer;
  #at: number;

  constructor(source: Buffer, at: number) {
    this.#source = source;
    this.#at = at;
  }

  next(): string | number | boolean | null {
    const source = this.#source;
    const type = source[this.#at++];
    switch (type) {
      case NULL:
        return null;
      case TRUE:
      case FALSE:
        return type === TRUE;
      case INT:
        return source.readInt32BE(this.#skip(4));
      case LONG: {
        const at = this.#skip(8);
        return source.readInt32BE(at) * 0x1_0000_0000 + source.readUInt32BE(at + 4);
      }
      case DOUBLE:
        return source.readDoubleBE(this.#skip(8));
      default: {
        const length = type === STRING_8 ? source[this.#skip(1)]! : source.readUInt32BE(this.#skip(4));
        const at = this.#skip(length);
        return source.toString("utf8", at, at + length);
      }
    }
  }

  #skip(bytes: number): number {
    const at = this.#at;
    this.#at += bytes;
    return at;
  }
}
