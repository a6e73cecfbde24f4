import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);
const inside = (file: string): unknown => require(join(dirname(require.resolve("amqplib")), "lib", file));

/** amqplib's own encoder and decoder, which it does not export. */
export const defs = inside("defs.js") as {
  readonly ConnectionStart: number;
  readonly ConnectionStartOk: number;
  readonly ConnectionTune: number;
  readonly ConnectionOpen: number;
  readonly ConnectionOpenOk: number;
  readonly ChannelOpen: number;
  readonly ChannelOpenOk: number;
  readonly ConfirmSelect: number;
  readonly ConfirmSelectOk: number;
  readonly BasicPublish: number;
  readonly BasicQos: number;
  readonly BasicQosOk: number;
  readonly BasicConsume: number;
  readonly BasicConsumeOk: number;
  readonly BasicCancel: number;
  readonly ChannelClose: number;
  readonly BasicDeliver: number;
  readonly BasicAck: number;
  readonly BasicNack: number;
  readonly BasicReject: number;
  readonly BasicProperties: number;
  encodeMethod(id: number, channel: number, fields: object): Buffer;
  encodeProperties(id: number, channel: number, size: number, fields: object): Buffer;
};

export const codec = inside("codec.js") as {
  /** Gives how many bytes it wrote. */
  encodeTable(target: Buffer, table: object, at: number): number;
};

export interface DecodedFrame {
  readonly id?: number;
  readonly channel: number;
  readonly size?: number;
  readonly fields?: Record<string, unknown>;
  readonly content?: Buffer;
}

export const frame = inside("frame.js") as {
  readonly HEARTBEAT_BUF: Buffer;
  makeBodyFrame(channel: number, payload: Buffer): Buffer;
  parseFrame(
    bytes: Buffer,
    max: number,
  ): { readonly type: number; readonly size: number; readonly rest: Buffer } | false;
  decodeFrame(parsed: unknown): DecodedFrame;
};

export function decodeAll(bytes: Buffer, frameMax: number): DecodedFrame[] {
  const frames: DecodedFrame[] = [];
  for (let rest = bytes; rest.length > 0; ) {
    const parsed = frame.parseFrame(rest, frameMax - 8);
    if (!parsed) throw new Error(`${rest.length} bytes are no frame`);
    frames.push(frame.decodeFrame(parsed));
    rest = parsed.rest;
  }
  return frames;
}
