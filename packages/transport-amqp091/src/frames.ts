import type { MessageDefaults, MessageHeaders, OutboundMessage } from "@streamll/core";
import { bodyBytes, putBody } from "@streamll/core/internal";
import { cutToShortString, putBytes, putInt64, putText } from "@streamll/transport-kit";
import { frameBound, tableBound, wireSeconds } from "./sendable.js";

// 0-9-1 specification, 2.3.5 (frames), 4.2.6.1 (content header), 1.1 of the class reference (basic).
const METHOD = 1;
const HEADER = 2;
const BODY = 3;
const FRAME_END = 0xce;
/** Type, channel and size before the payload; the end mark after it. */
const FRAME_HEAD = 7;
const FRAME_OVERHEAD = FRAME_HEAD + 1;
const CLASS_BASIC = 60;
const BASIC_PUBLISH = 40;

const HAS_CONTENT_TYPE = 0x8000;
const HAS_HEADERS = 0x2000;
const HAS_DELIVERY_MODE = 0x1000;
const HAS_PRIORITY = 0x0800;
const HAS_CORRELATION_ID = 0x0400;
const HAS_EXPIRATION = 0x0100;
const HAS_MESSAGE_ID = 0x0080;
const HAS_TIMESTAMP = 0x0040;
const HAS_TYPE = 0x0020;
const HAS_APP_ID = 0x0008;

export interface FrameEncoder {
  /**
   * Room that a message surely fits in.
   *
   * @throws TransportError for a message that cannot be sent.
   */
  bound(message: OutboundMessage): number;
  /** Writes its frames at `at`, and returns where they end. Never throws for a message that has a bound. */
  write(target: Buffer, at: number, message: OutboundMessage): number;
}

/** Encodes basic.publish with its content for one channel; what all messages share is encoded once. */
export function frameEncoder(channel: number, frameMax: number, defaults: MessageDefaults): FrameEncoder {
  const publishHead = publishHeadOf(channel, defaults.exchange);
  const publishBits = defaults.mandatory ? 1 : 0;
  const headerHead = frameHead(HEADER, channel, [0, CLASS_BASIC, 0, 0]);
  const bodyHead = frameHead(BODY, channel, []);
  const maxBody = frameMax - FRAME_OVERHEAD;

  const contentType = shortString(defaults.contentType);
  const appId = shortString(defaults.appId);
  const expiration = shortString(defaults.expirationMs === undefined ? "" : String(defaults.expirationMs));
  const deliveryMode = defaults.persistent ? 2 : 1;
  const { priority } = defaults;
  const sharedFlags =
    HAS_HEADERS |
    HAS_DELIVERY_MODE |
    (contentType.length > 1 ? HAS_CONTENT_TYPE : 0) |
    (priority !== undefined ? HAS_PRIORITY : 0) |
    (expiration.length > 1 ? HAS_EXPIRATION : 0) |
    (appId.length > 1 ? HAS_APP_ID : 0);

  // Neighbours often have the same headers object.
  let boundedHeaders: MessageHeaders | undefined;
  let headersBound = 0;
  let lastHeaders: MessageHeaders | undefined;
  let lastTable = Buffer.alloc(0);
  function writeTable(target: Buffer, at: number, headers: MessageHeaders): number {
    if (headers === lastHeaders) return at + lastTable.copy(target, at);
    const end = putTable(target, at, headers);
    lastHeaders = headers;
    lastTable = Buffer.from(target.subarray(at, end));
    return end;
  }

  function writeMethod(target: Buffer, start: number, { exchange, routingKey }: OutboundMessage): number {
    const own = exchange === undefined || exchange === defaults.exchange;
    let at = putBytes(target, start, own ? publishHead : publishHeadOf(channel, exchange));
    at = putShortString(target, at, routingKey);
    target[at++] = publishBits;
    return endFrame(target, start, at);
  }

  function writeHeader(target: Buffer, start: number, message: OutboundMessage): number {
    let at = putBytes(target, start, headerHead);
    at = putInt64(target, at, bodyBytes(message));
    const flagsAt = at;
    let flags = sharedFlags;
    at += 2;
    if (flags & HAS_CONTENT_TYPE) at = putBytes(target, at, contentType);
    at = writeTable(target, at, message.headers);
    target[at++] = deliveryMode;
    if (priority !== undefined) target[at++] = priority;
    if (message.correlationId !== "") {
      flags |= HAS_CORRELATION_ID;
      at = putShortString(target, at, cutToShortString(message.correlationId));
    }
    if (flags & HAS_EXPIRATION) at = putBytes(target, at, expiration);
    if (message.messageId !== "") {
      flags |= HAS_MESSAGE_ID;
      at = putShortString(target, at, message.messageId);
    }
    const seconds = wireSeconds(message.timestamp);
    if (seconds !== undefined) {
      flags |= HAS_TIMESTAMP;
      at = putInt64(target, at, seconds);
    }
    if (message.type !== "") {
      flags |= HAS_TYPE;
      at = putShortString(target, at, cutToShortString(message.type));
    }
    if (flags & HAS_APP_ID) at = putBytes(target, at, appId);
    target.writeUInt16BE(flags, flagsAt);
    return endFrame(target, start, at);
  }

  function writeBody(target: Buffer, start: number, message: OutboundMessage): number {
    const bytes = bodyBytes(message);
    if (bytes > 0 && bytes <= maxBody) {
      const end = putBody(target, putBytes(target, start, bodyHead), message);
      return endFrame(target, start, end);
    }
    const body = message.body();
    let at = start;
    for (let from = 0; from < body.length; from += maxBody) {
      const frame = at;
      at = putBytes(target, at, bodyHead);
      at += body.copy(target, at, from, Math.min(from + maxBody, body.length));
      at = endFrame(target, frame, at);
    }
    return at;
  }

  return {
    bound(message) {
      if (message.headers !== boundedHeaders) {
        headersBound = tableBound(message.headers);
        boundedHeaders = message.headers;
      }
      const bytes = bodyBytes(message);
      const bodyFrames = Math.ceil(bytes / maxBody);
      return frameBound(message, defaults, frameMax, headersBound) + bytes + bodyFrames * FRAME_OVERHEAD;
    },
    write(target, start, message) {
      let at = writeMethod(target, start, message);
      at = writeHeader(target, at, message);
      return writeBody(target, at, message);
    },
  };
}

/** The size is filled in by {@link endFrame}. */
const frameHead = (type: number, channel: number, payload: readonly number[]): Buffer =>
  Buffer.from([type, channel >> 8, channel & 0xff, 0, 0, 0, 0, ...payload]);

const publishHeadOf = (channel: number, exchange: string): Buffer =>
  // The two zeros are the reserved "ticket".
  Buffer.concat([
    frameHead(METHOD, channel, [0, CLASS_BASIC, 0, BASIC_PUBLISH, 0, 0]),
    shortString(exchange),
  ]);

function endFrame(target: Buffer, start: number, end: number): number {
  target.writeUInt32BE(end - start - FRAME_HEAD, start + 3);
  target[end] = FRAME_END;
  return end + 1;
}

function shortString(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

function putShortString(target: Buffer, at: number, text: string): number {
  const length = putText(target, at + 1, text);
  target[at] = length;
  return at + 1 + length;
}

function putTable(target: Buffer, start: number, headers: MessageHeaders): number {
  let at = start + 4;
  for (const key in headers) {
    const value = headers[key];
    if (value === undefined) continue;
    at = putShortString(target, at, key);
    at = putValue(target, at, value);
  }
  target.writeUInt32BE(at - start - 4, start);
  return at;
}

/** The types that RabbitMQ reads: https://www.rabbitmq.com/docs/amqp-0-9-1-errata#section_3 */
function putValue(target: Buffer, at: number, value: string | number | boolean | null): number {
  if (typeof value === "string") {
    target[at] = 0x53; // S
    const length = putText(target, at + 5, value);
    target.writeUInt32BE(length, at + 1);
    return at + 5 + length;
  }
  if (value === null) {
    target[at] = 0x56; // V
    return at + 1;
  }
  if (typeof value === "boolean") {
    target[at] = 0x74; // t
    target[at + 1] = value ? 1 : 0;
    return at + 2;
  }
  if (!Number.isSafeInteger(value)) {
    target[at] = 0x64; // d
    return target.writeDoubleBE(value, at + 1);
  }
  if (value === (value | 0)) {
    target[at] = 0x49; // I
    return target.writeInt32BE(value, at + 1);
  }
  target[at] = 0x6c; // l
  return putInt64(target, at + 1, value);
}
