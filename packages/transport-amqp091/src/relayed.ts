import { type MessageHeaders, type OutboundMessage, TransportError } from "@streamll/core";
import { SHORT_STRING_MAX } from "@streamll/transport-kit";
import { type ContentHeader, EXPIRATION, eachProperty, flagOf, HEADERS } from "./consuming/content-header.js";
import { Amqp091Delivery } from "./consuming/delivery.js";
import { checkTable } from "./consuming/field-table.js";
import { frame, publishPayload, shortString } from "./frames.js";
import { unsendable } from "./header-table.js";

export interface RelayedSetup {
  readonly channel: number;
  /** Of a whole frame, in bytes. */
  readonly frameMax: number;
  readonly mandatory: boolean;
  /** Who is logged in. */
  readonly user: string;
}

const METHOD = 1;
const HEADER = 2;
const BODY = 3;
const FRAME_OVERHEAD = 8;
/** Class basic, and the weight, which is always 0. */
const BASIC = Buffer.from([0, 60, 0, 0]);

/**
 * A message that was consumed, as the frames that publish it again: each property by its bytes as they came, whatever
 * their type; the table of headers without what it is to lose and with what is added; and no expiration.
 *
 * @throws TransportError for one that cannot be published so.
 */
export function relayedFrames(outbound: OutboundMessage, setup: RelayedSetup): Buffer {
  const { exchange = "", routingKey, headers, relayed } = outbound;
  const { message, without } = relayed!;
  if (!(message instanceof Amqp091Delivery))
    throw unsendable("it was consumed by another transport, and its properties are others");
  // RabbitMQ takes a user-id from the user of that name alone, and closes the channel over any other (406).
  if (message.userId !== undefined && message.userId !== setup.user)
    throw unsendable(`its user-id is of another user: log in as that one`);
  for (const name of [exchange, routingKey])
    if (Buffer.byteLength(name) > SHORT_STRING_MAX)
      throw unsendable("the exchange or the routing key is over 255 bytes");
  const { channel, frameMax, mandatory } = setup;
  const method = frame(METHOD, channel, publishPayload(exchange, routingKey, mandatory));
  const header = frame(HEADER, channel, contentHeaderOf(message, without, headers));
  if (header.length > frameMax) {
    const reason = `The headers of the message do not fit one frame of ${frameMax} bytes`;
    throw new TransportError("too-large", reason, { permanent: true });
  }
  const frames = [method, header];
  const { body } = message;
  const most = frameMax - FRAME_OVERHEAD;
  for (let at = 0; at < body.length; at += most)
    frames.push(frame(BODY, channel, body.subarray(at, at + most)));
  return Buffer.concat(frames);
}

function contentHeaderOf(
  { contentHeader, body }: Amqp091Delivery,
  without: ReadonlySet<string>,
  headers: MessageHeaders,
): Buffer {
  const head = Buffer.alloc(10);
  head.writeBigUInt64BE(BigInt(body.length));
  let flags = flagOf(HEADERS);
  const before: Buffer[] = [];
  const after: Buffer[] = [];
  let fields: Buffer[] = [];
  eachProperty(contentHeader, (property, from, to) => {
    if (property === EXPIRATION) return;
    flags |= flagOf(property);
    if (property === HEADERS)
      fields = keptFields(
        contentHeader,
        from,
        to,
        (name) => !without.has(name) && !Object.hasOwn(headers, name),
      );
    else (property < HEADERS ? before : after).push(contentHeader.bytes.subarray(from, to));
  });
  head.writeUInt16BE(flags, 8);
  const table = Buffer.concat([...fields, ...Object.entries(headers).map(fieldOf)]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(table.length);
  return Buffer.concat([BASIC, head, ...before, length, table, ...after]);
}

/** The bytes of those fields of a table that are kept. */
function keptFields(
  { bytes }: ContentHeader,
  from: number,
  to: number,
  keeps: (name: string) => boolean,
): Buffer[] {
  const starts: number[] = [];
  const names: string[] = [];
  checkTable(bytes, from, to, (nameFrom, nameTo) => {
    starts.push(nameFrom - 1);
    names.push(bytes.toString("utf8", nameFrom, nameTo));
  });
  return names.flatMap((name, index) =>
    keeps(name) ? [bytes.subarray(starts[index], starts[index + 1] ?? to)] : [],
  );
}

function fieldOf([name, value]: [name: string, value: MessageHeaders[string]]): Buffer {
  return Buffer.concat([shortString(name), fieldValue(value)]);
}

// https://www.rabbitmq.com/docs/amqp-0-9-1-errata#section_3
function fieldValue(value: MessageHeaders[string]): Buffer {
  if (value === null) return Buffer.from("V");
  if (typeof value === "boolean") return Buffer.from([0x74, value ? 1 : 0]);
  const bytes = Buffer.alloc(typeof value === "string" ? 5 : 9);
  if (typeof value === "string") {
    const text = Buffer.from(value);
    bytes.write("S");
    bytes.writeUInt32BE(text.length, 1);
    return Buffer.concat([bytes, text]);
  }
  bytes.write(Number.isSafeInteger(value) ? "l" : "d");
  if (Number.isSafeInteger(value)) bytes.writeBigInt64BE(BigInt(value), 1);
  else bytes.writeDoubleBE(value, 1);
  return bytes;
}
