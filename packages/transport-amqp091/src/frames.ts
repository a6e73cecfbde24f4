import type { MessageDefaults } from "@streamll/core";
import {
  BODY,
  CORRELATION_ID,
  type EncodedMessage,
  EXCHANGE,
  encodingOf,
  endOf,
  type Field,
  fieldLength,
  isPresent,
  MESSAGE_ID,
  PrefixMemory,
  putSlice,
  putText,
  ROUTING_KEY,
  startOf,
  TYPE,
  timestampOf,
} from "@streamll/core/internal";
import { putBytes, putInt64, shortFieldEnd } from "@streamll/transport-kit";
import { putTable } from "./header-table.js";
import { frameBounds, wireSeconds } from "./sendable.js";

// 0-9-1 specification, 2.3.5 (frames), 4.2.6.1 (content header), 1.1 of the class reference (basic).
const METHOD = 1;
const HEADER = 2;
const BODY_FRAME = 3;
const FRAME_END = 0xce;
/** Type, channel and size before the payload; the end mark after it. */
const FRAME_HEAD = 7;
const FRAME_OVERHEAD = FRAME_HEAD + 1;
const CLASS_BASIC = 60;
/** Class, method 40, and the reserved "ticket". */
const PUBLISH = Buffer.from([0, CLASS_BASIC, 0, 40, 0, 0]);

const HAS_CONTENT_TYPE = 0x8000;
const HAS_CONTENT_ENCODING = 0x4000;
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
  bound(message: EncodedMessage): number;
  /** Writes its frames at `at`, and returns where they end. Never throws for a message that has a bound. */
  write(target: Buffer, at: number, message: EncodedMessage): number;
}

/** Encodes basic.publish with its content for one channel; what all messages share is encoded once. */
export function frameEncoder(channel: number, frameMax: number, defaults: MessageDefaults): FrameEncoder {
  const publishStart = frameHead(METHOD, channel, PUBLISH);
  const publishHead = Buffer.concat([publishStart, shortString(defaults.exchange)]);
  const publishBits = defaults.mandatory ? 1 : 0;
  const headerHead = frameHead(HEADER, channel, [0, CLASS_BASIC, 0, 0]);
  const bodyHead = frameHead(BODY_FRAME, channel, []);
  const maxBody = frameMax - FRAME_OVERHEAD;
  const boundOf = frameBounds(defaults, frameMax);

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

  /** What the frames of neighbours have in common. */
  const memory = new PrefixMemory<Buffer>();

  function writeMethod(target: Buffer, start: number, message: EncodedMessage): number {
    let at: number;
    if (isPresent(message, EXCHANGE))
      at = putShortField(target, putBytes(target, start, publishStart), message, EXCHANGE);
    else at = putBytes(target, start, publishHead);
    at = putShortField(target, at, message, ROUTING_KEY);
    target[at++] = publishBits;
    return endFrame(target, start, at);
  }

  /** The method frame, and the header frame up to where messages of one prefix differ. */
  function writeShared(target: Buffer, start: number, message: EncodedMessage): number {
    let at = putBytes(target, writeMethod(target, start, message), headerHead);
    // Room for the size of the body and the flags.
    at += 10;
    if (sharedFlags & HAS_CONTENT_TYPE) at = putBytes(target, at, contentType);
    const encoding = encodingOf(message);
    if (encoding !== undefined) {
      target[at] = encoding.length;
      at += 1 + putText(target, at + 1, encoding);
    }
    at = putTable(target, at, message);
    target[at++] = deliveryMode;
    if (priority !== undefined) target[at++] = priority;
    return at;
  }

  /** Completes the header frame, which begins at `start`, from `from` on. */
  function writeHeader(target: Buffer, start: number, from: number, message: EncodedMessage): number {
    let at = from;
    let flags = encodingOf(message) === undefined ? sharedFlags : sharedFlags | HAS_CONTENT_ENCODING;
    const sizeAt = start + headerHead.length;
    putInt64(target, sizeAt, fieldLength(message, BODY));
    if (fieldLength(message, CORRELATION_ID) > 0) {
      flags |= HAS_CORRELATION_ID;
      at = putShortField(target, at, message, CORRELATION_ID);
    }
    if (flags & HAS_EXPIRATION) at = putBytes(target, at, expiration);
    if (fieldLength(message, MESSAGE_ID) > 0) {
      flags |= HAS_MESSAGE_ID;
      at = putShortField(target, at, message, MESSAGE_ID);
    }
    const seconds = wireSeconds(timestampOf(message));
    if (seconds !== undefined) {
      flags |= HAS_TIMESTAMP;
      at = putInt64(target, at, seconds);
    }
    if (fieldLength(message, TYPE) > 0) {
      flags |= HAS_TYPE;
      at = putShortField(target, at, message, TYPE);
    }
    if (flags & HAS_APP_ID) at = putBytes(target, at, appId);
    target.writeUInt16BE(flags, sizeAt + 8);
    return endFrame(target, start, at);
  }

  function writeBody(target: Buffer, start: number, message: EncodedMessage): number {
    const { source } = message;
    const end = endOf(message, BODY);
    let at = start;
    for (let from = startOf(message, BODY); from < end; from += maxBody) {
      const frame = at;
      at = putBytes(target, at, bodyHead);
      at = putSlice(target, at, source, from, Math.min(from + maxBody, end));
      at = endFrame(target, frame, at);
    }
    return at;
  }

  return {
    bound(message) {
      const bytes = fieldLength(message, BODY);
      const bodyFrames = Math.ceil(bytes / maxBody);
      return boundOf(message) + bytes + bodyFrames * FRAME_OVERHEAD;
    },
    write(target, start, message) {
      const kept = memory.of(message);
      const at = kept ? putBytes(target, start, kept) : writeShared(target, start, message);
      if (kept === undefined) memory.keep(message, () => Buffer.from(target.subarray(start, at)));
      const header = start + FRAME_OVERHEAD + target.readUInt32BE(start + 3);
      return writeBody(target, writeHeader(target, header, at, message), message);
    },
  };
}

/** The size is filled in by {@link endFrame}. */
const frameHead = (type: number, channel: number, payload: Iterable<number>): Buffer =>
  Buffer.from([type, channel >> 8, channel & 0xff, 0, 0, 0, 0, ...payload]);

function endFrame(target: Buffer, start: number, end: number): number {
  target.writeUInt32BE(end - start - FRAME_HEAD, start + 3);
  target[end] = FRAME_END;
  return end + 1;
}

/** A frame that is made by itself. */
export function frame(type: number, channel: number, payload: Buffer): Buffer {
  const bytes = Buffer.concat([frameHead(type, channel, []), payload, Buffer.alloc(1)]);
  endFrame(bytes, 0, bytes.length - 1);
  return bytes;
}

/** The payload of basic.publish. */
export const publishPayload = (exchange: string, routingKey: string, mandatory: boolean): Buffer =>
  Buffer.concat([PUBLISH, ...[exchange, routingKey].map(shortString), Buffer.from([mandatory ? 1 : 0])]);

export function shortString(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

function putShortField(target: Buffer, at: number, message: EncodedMessage, field: Field): number {
  const start = startOf(message, field);
  const end = shortFieldEnd(message, field);
  target[at] = end - start;
  return putSlice(target, at + 1, message.source, start, end);
}
