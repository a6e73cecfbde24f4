import { TransportError } from "@streamll/core";
import {
  DOUBLE_VALUE,
  type EncodedMessage,
  eachHeader,
  FALSE_VALUE,
  HEADERS,
  headerCountOf,
  INT_VALUE,
  isTextValue,
  LONG_VALUE,
  NULL_VALUE,
  putSlice,
  startOf,
  TRUE_VALUE,
} from "@streamll/core/internal";
import { SHORT_STRING_MAX } from "@streamll/transport-kit";

// The types that RabbitMQ reads: https://www.rabbitmq.com/docs/amqp-0-9-1-errata#section_3
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
    if (type === DOUBLE_VALUE && !Number.isFinite(source.readDoubleBE(from)))
      throw unsendable("a header is not a finite number");
    bytes += 1 + length + 1;
    if (type === TRUE_VALUE || type === FALSE_VALUE) bytes += 1;
    else bytes += (isTextValue(type) ? 4 : 0) + to - from;
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
    if (type === TRUE_VALUE || type === FALSE_VALUE) target[at++] = type === TRUE_VALUE ? 1 : 0;
    else {
      if (isTextValue(type)) at = target.writeUInt32BE(to - from, at);
      at = putSlice(target, at, source, from, to);
    }
  });
  target.writeUInt32BE(at - start - 4, start);
  return at;
}

const walk = (message: EncodedMessage, visit: Parameters<typeof eachHeader>[3]): void =>
  eachHeader(message.source, startOf(message, HEADERS), headerCountOf(message), visit);

function typeOf(type: number): number {
  if (isTextValue(type)) return LONG_STRING;
  if (type === NULL_VALUE) return VOID;
  if (type === INT_VALUE) return INT_32;
  if (type === LONG_VALUE) return INT_64;
  return type === DOUBLE_VALUE ? FLOAT_64 : BOOLEAN;
}
