import { putBoolean, putBytes, putUint } from "@streamll/transport-kit";

/** A message, whole, as the frame of its transfer needs it. */
export interface OutgoingTransfer {
  readonly id: number;
  readonly tag: Buffer;
  readonly data: readonly Buffer[];
  readonly format: number;
  readonly settled: boolean;
}

const LIST8 = 0xc0;
const BINARY8 = 0xa0;

/** Of a frame, without tag and payload. */
const HEAD_BYTES = 32;
const FIELDS = 5;

/** Frames of transfers, one behind another: each of one part, with a tag of at most 200 bytes. */
export function transferFrames(
  channel: number,
  handle: number,
  transfers: readonly OutgoingTransfer[],
): Buffer {
  const target = Buffer.allocUnsafe(transfers.reduce((bytes, transfer) => bytes + sizeOf(transfer), 0));
  let at = 0;
  for (const transfer of transfers) at = putTransfer(target, at, channel, handle, transfer);
  return target;
}

const sizeOf = ({ tag, data }: OutgoingTransfer): number => HEAD_BYTES + tag.length + data[0]!.length;

function putTransfer(
  target: Buffer,
  start: number,
  channel: number,
  handle: number,
  transfer: OutgoingTransfer,
): number {
  const { id, tag, data, format, settled } = transfer;
  let at = target.writeUInt32BE(sizeOf(transfer), start);
  at = target.writeUInt16BE(0x0200, at); // Where the body begins, in words; a frame of AMQP.
  at = target.writeUInt16BE(channel, at);
  at = target.writeUIntBE(0x005314, at, 3);
  target[at++] = LIST8;
  target[at++] = 19 + tag.length;
  target[at++] = FIELDS;
  at = putUint(target, at, handle);
  at = putUint(target, at, id);
  target[at++] = BINARY8;
  target[at++] = tag.length;
  at = putBytes(target, at, tag);
  at = putUint(target, at, format);
  at = putBoolean(target, at, settled);
  return putBytes(target, at, data[0]!);
}
