import { TransportError } from "@streamll/core";
import { type EncodedMessage, HEADERS, headerCountOf, putSlice, startOf } from "@streamll/core/internal";
import { SHORT_STRING_MAX } from "@streamll/transport-kit";

// How values lie in a record (AMQP 1.0, 1.6) …
const NULL = 0x40;
const TRUE = 0x41;
const FALSE = 0x42;
const INT = 0x71;
const LONG = 0x81;
const DOUBLE = 0x82;
const STRING_8 = 0xa1;
// … and the types that RabbitMQ reads: https://www.rabbitmq.com/docs/amqp-0-9-1-errata#section_3
const VOID = 0x56; // V
const BOOLEAN = 0x74; // t
const INT_32 = 0x49; // I
const INT_64 = 0x6c; // l
const FLOAT_64 = 0x64; // d
const LONG_STRING = 0x53; // S

/** Header names that RabbitMQ reads as lists of further routing keys: a string there closes the channel (406). */
const SENDER_ROUTED = new Set(["CC", "BCC"]);

export const unsendable = (reason: string) =>
  new TransportError("protocol", `The message cannot be sent by AMQP 0-9-1: ${reason}`, { permanent: true });

/**
 * The size of the table of headers, in bytes.
 *
 * @throws TransportError for what AMQP 0-9-1, or RabbitMQ, does not have in headers.
 */
export function tableBytes(message: EncodedMessage): number {
  const { source } = message;
  let bytes = 4;
  walk(message, (nameFrom, nameTo, type, from, to) => {
    const length = nameTo - nameFrom;
    if (length > SHORT_STRING_MAX) throw unsendable("the name of a header is over 255 bytes");
    if (length === 2 || length === 3) {
      const name = source.toString("latin1", nameFrom, nameTo);
      if (SENDER_ROUTED.has(name))
        throw unsendable(`a header may not be named ${name}: RabbitMQ routes by it`);
    }
    if (type === DOUBLE && !Number.isFinite(source.readDoubleBE(from)))
      throw unsendable("a header is not a finite number");
    bytes += 1 + length + 1;
    if (type === TRUE || type === FALSE) bytes += 1;
    else bytes += (isText(type) ? 4 : 0) + to - from;
  });
  return bytes;
}

/** Writes the table of headers, and returns where it ends. */
export function putTable(target: Buffer, start: number, message: EncodedMessage): number {
  const { source } = message;
  let at = start + 4;
  walk(message, (nameFrom, nameTo, type, from, to) => {
    target[at] = nameTo - nameFrom;
    at = putSlice(target, at + 1, source, nameFrom, nameTo);
    target[at++] = typeOf(type);
    if (type === TRUE || type === FALSE) target[at++] = type === TRUE ? 1 : 0;
    else {
      if (isText(type)) at = target.writeUInt32BE(to - from, at);
      at = putSlice(target, at, source, from, to);
    }
  });
  target.writeUInt32BE(at - start - 4, start);
  return at;
}

type Visit = (nameFrom: number, nameTo: number, type: number, from: number, to: number) => void;

function walk(message: EncodedMessage, visit: Visit): void {
  const { source } = message;
  let at = startOf(message, HEADERS);
  for (let left = headerCountOf(message); left > 0; left--) {
    const nameFrom = at + headOf(source[at]!);
    const nameTo = nameFrom + lengthOf(source, at);
    const type = source[nameTo]!;
    const from = nameTo + headOf(type);
    const to = from + lengthOf(source, nameTo);
    visit(nameFrom, nameTo, type, from, to);
    at = to;
  }
}

const isText = (type: number): boolean => type >= STRING_8;

/** Constructor and, of text, its length. */
const headOf = (type: number): number => (isText(type) ? (type === STRING_8 ? 2 : 5) : 1);

function lengthOf(source: Buffer, at: number): number {
  switch (source[at]) {
    case NULL:
    case TRUE:
    case FALSE:
      return 0;
    case INT:
      return 4;
    case LONG:
    case DOUBLE:
      return 8;
    case STRING_8:
      return source[at + 1]!;
    default:
      return source.readUInt32BE(at + 1);
  }
}

function typeOf(type: number): number {
  if (isText(type)) return LONG_STRING;
  if (type === NULL) return VOID;
  if (type === INT) return INT_32;
  if (type === LONG) return INT_64;
  return type === DOUBLE ? FLOAT_64 : BOOLEAN;
}
