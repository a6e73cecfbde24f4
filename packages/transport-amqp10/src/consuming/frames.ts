import { putBoolean, putBytes, putNull, putUint } from "@streamll/transport-kit";

/** Of a frame up to the fields of its performative: size, data offset, type, channel; descriptor and list. */
const HEAD_BYTES = 8 + 3 + 9;
const UINT_BYTES = 5;

/** Says what became of deliveries (AMQP 1.0, 2.7.6). */
export interface Disposition {
  readonly first: number;
  readonly last: number;
  /** The receiver forgets them, and needs no answer. */
  readonly settled: boolean;
  /** Encoded. */
  readonly state: Buffer;
}

/** Writes a disposition of a receiver. */
export function dispositionFrame(channel: number, { first, last, settled, state }: Disposition): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + 2 + 2 * UINT_BYTES + state.length);
  let at = putBoolean(frame, HEAD_BYTES, true); // The role: receiver.
  at = putUint(frame, at, first);
  at = putUint(frame, at, last);
  at = putBoolean(frame, at, settled);
  return ended(frame, putBytes(frame, at, state), channel, 0x15, 5);
}

/** The state of a session (AMQP 1.0, 2.7.4). */
export interface FlowState {
  readonly nextIncomingId: number;
  readonly incomingWindow: number;
  readonly nextOutgoingId: number;
  readonly outgoingWindow: number;
}

/** And of its receiving link. */
export interface Flow extends FlowState {
  readonly handle: number;
  readonly deliveryCount: number;
  readonly credit: number;
  /** What the other end is to answer with a flow of its own: at once, or when it has used the credit up. */
  readonly asks: "nothing" | "echo" | "drain";
}

export function flowFrame(channel: number, flow: Flow): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + 7 * UINT_BYTES + 3);
  let at = HEAD_BYTES;
  at = putUint(frame, at, flow.nextIncomingId);
  at = putUint(frame, at, flow.incomingWindow);
  at = putUint(frame, at, flow.nextOutgoingId);
  at = putUint(frame, at, flow.outgoingWindow);
  at = putUint(frame, at, flow.handle);
  at = putUint(frame, at, flow.deliveryCount);
  at = putUint(frame, at, flow.credit);
  at = putNull(frame, at); // available
  at = putBoolean(frame, at, flow.asks === "drain");
  return ended(frame, putBoolean(frame, at, flow.asks === "echo"), channel, 0x13, 10);
}

function ended(frame: Buffer, end: number, channel: number, descriptor: number, fields: number): Buffer {
  frame.writeUInt32BE(end, 0);
  frame.writeUInt16BE(0x0200, 4); // Where the body begins, in words; a frame of AMQP.
  frame.writeUInt16BE(channel, 6);
  frame.writeUIntBE(0x00_5300 + descriptor, 8, 3);
  frame[11] = 0xd0;
  frame.writeUInt32BE(end - 16, 12);
  frame.writeUInt32BE(fields, 16);
  return frame.subarray(0, end);
}
