import { valueEnd } from "@streamll/transport-kit";
import type { Connection } from "rhea";
import { type FrameReading, frameReading } from "../rhea.js";

/** One frame of a delivery. */
export interface TransferFrame {
  /** The delivery's; absent in its further frames. */
  readonly id: number | undefined;
  /** The delivery's, as it lies in the frame. */
  readonly tag: Buffer;
  readonly settled: boolean;
  /** More frames of this delivery follow. */
  readonly more: boolean;
  readonly aborted: boolean;
  readonly payload: Buffer;
}

/** Takes the transfers of one session. */
export interface TransferReceiver {
  transfer(frame: TransferFrame): void;
  /** No frame comes next in this turn. */
  pause(): void;
}

/** Hands the transfers of some sessions to their receivers, and leaves all other frames to rhea. */
export interface TransferTap {
  /** @param channel the session's, at the other end. */
  receive(channel: number, receiver: TransferReceiver): void;
  leave(channel: number): void;
}

const HEAD_BYTES = 8;
const AMQP = 0;
const TRANSFER = 0x14;
const nothing = Buffer.alloc(0);

/**
 * Reads transfers (AMQP 1.0, 2.7.5) where they lie: rhea decodes a message at once and whole, keeps its delivery in a
 * ring of 2,048 that the oldest one holds up, and makes some thirty objects of each.
 */
export function tapTransfers(connection: Connection): TransferTap {
  const receivers = new Map<number, TransferReceiver>();
  const reading = frameReading(connection);
  const original = reading.read;
  reading.read = (chunk) => {
    const touched = new Set<TransferReceiver>();
    const end = readFrames(chunk, receivers, touched, (rest) => original.call(reading, rest));
    for (const receiver of touched) receiver.pause();
    return end;
  };
  return {
    receive: (channel, receiver) => void receivers.set(channel, receiver),
    leave: (channel) => void receivers.delete(channel),
  };
}

/** Returns how many bytes were read. */
function readFrames(
  chunk: Buffer,
  receivers: ReadonlyMap<number, TransferReceiver>,
  touched: Set<TransferReceiver>,
  otherwise: FrameReading["read"],
): number {
  let at = 0;
  while (at + HEAD_BYTES <= chunk.length) {
    const size = chunk.readUInt32BE(at);
    // What is no frame is for rhea to complain of.
    if (size < HEAD_BYTES) return at + otherwise(chunk.subarray(at));
    const end = at + size;
    if (end > chunk.length) break;
    const receiver = chunk[at + 5] === AMQP ? receivers.get(chunk.readUInt16BE(at + 6)) : undefined;
    const fields = receiver === undefined ? 0 : transferFields(chunk, at + 4 * chunk[at + 4]!, end);
    if (receiver === undefined || fields === 0) {
      otherwise(chunk.subarray(at, end));
    } else {
      touched.add(receiver);
      receiver.transfer(readTransfer(chunk, fields, end));
    }
    at = end;
  }
  return at;
}

/** Where the fields of a transfer begin; 0 of another performative. */
function transferFields(bytes: Buffer, at: number, end: number): number {
  if (at + 3 > end || bytes[at] !== 0) return 0;
  if (bytes[at + 1] === 0x53) return bytes[at + 2] === TRANSFER ? at + 3 : 0;
  const isLong = bytes[at + 1] === 0x80 && at + 10 <= end;
  return isLong && bytes.readBigUInt64BE(at + 2) === BigInt(TRANSFER) ? at + 10 : 0;
}

function readTransfer(bytes: Buffer, fields: number, end: number): TransferFrame {
  const payload = valueEnd(bytes, fields);
  const code = bytes[fields];
  const count = code === 0xc0 ? bytes[fields + 2]! : code === 0xd0 ? bytes.readUInt32BE(fields + 5) : 0;
  let at = fields + (code === 0xc0 ? 3 : 9);
  let id: number | undefined;
  let tag: Buffer = nothing;
  let settled = false;
  let more = false;
  let aborted = false;
  for (let field = 0; field < count && at < payload; field++) {
    const next = valueEnd(bytes, at);
    if (field === 1) id = uintAt(bytes, at);
    else if (field === 2 && bytes[at] === 0xa0) tag = bytes.subarray(at + 2, next);
    else if (field === 4) settled = isTrue(bytes, at);
    else if (field === 5) more = isTrue(bytes, at);
    else if (field === 9) aborted = isTrue(bytes, at);
    at = next;
  }
  return { id, tag, settled, more, aborted, payload: bytes.subarray(payload, end) };
}

function uintAt(bytes: Buffer, at: number): number | undefined {
  const code = bytes[at];
  if (code === 0x43) return 0;
  if (code === 0x52) return bytes[at + 1];
  return code === 0x70 ? bytes.readUInt32BE(at + 1) : undefined;
}

const isTrue = (bytes: Buffer, at: number): boolean =>
  bytes[at] === 0x41 || (bytes[at] === 0x56 && bytes[at + 1] === 1);
