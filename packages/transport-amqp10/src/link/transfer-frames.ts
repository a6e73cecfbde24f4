import type { Socket } from "node:net";
import { putBoolean, putBytes, putUint, SendBlocks } from "@streamll/transport-kit";
import type { Payload } from "../payload.js";

/** What a transfer says beside its payload. */
export interface TransferHead {
  /** Of the session, at this end. */
  readonly channel: number;
  /** Of the link, at this end. */
  readonly handle: number;
  /** The delivery's, and its tag too. */
  readonly id: number;
  /** The message format. */
  readonly format: number;
  readonly settled: boolean;
}

/** A connection's way out, with its counts as `net.Socket` has them. */
export interface FrameSink extends Pick<Socket, "bytesWritten" | "writableLength"> {
  /** Of a frame, in bytes. */
  readonly maxFrameSize: number;
  write(bytes: Buffer): void;
}

const LIST_8 = 0xc0;
const BINARY_8 = 0xa0;
/** Of a transfer before its payload: each is written with all of its fields. */
const HEAD_BYTES = 37;
const FIELDS = 6;
/** Frames of one piece that wait for {@link TransferFrames.flush} are written before there are so many bytes. */
const FILL = 64 * 1024;
/** Memory for one large message is not kept. */
const LARGEST_BLOCK = 1024 * 1024;

/** Puts transfers into frames (AMQP 1.0, 2.7.5), one behind another in memory that is used again. */
export class TransferFrames {
  readonly #sink: FrameSink;
  readonly #blocks: SendBlocks;
  #block = Buffer.alloc(0);
  /** What is not handed to the connection yet. */
  #from = 0;
  #to = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
    this.#blocks = new SendBlocks(sink);
  }

  /**
   * Puts a transfer behind those that wait for {@link flush}.
   *
   * @returns nothing for a transfer of one frame; else its frames, in order, none of which is written.
   */
  put(head: TransferHead, payload: Payload): Buffer[] | undefined {
    this.#makeRoom(HEAD_BYTES + payload.length);
    const start = this.#to + HEAD_BYTES;
    const end = start + payload.copy(this.#block, start);
    if (end - this.#to > this.#sink.maxFrameSize) return this.#split(head, this.#block.subarray(start, end));
    putHead(this.#block, this.#to, head, end - start, false);
    this.#to = end;
    return undefined;
  }

  /** Hands a frame to the connection, behind what was flushed. */
  write(frame: Buffer): void {
    this.#sink.write(frame);
  }

  /** Hands what was put to the connection. */
  flush(): void {
    if (this.#to > this.#from) this.#sink.write(this.#block.subarray(this.#from, this.#to));
    this.#from = this.#to;
    if (this.#block.length > LARGEST_BLOCK) this.#use(Buffer.alloc(0));
  }

  #use(block: Buffer<ArrayBuffer>): void {
    this.#block = block;
    this.#from = 0;
    this.#to = 0;
  }

  #makeRoom(bytes: number): void {
    if (this.#to - this.#from >= FILL) this.flush();
    if (this.#to + bytes <= this.#block.length) return;
    this.flush();
    this.#use(this.#blocks.next(bytes, this.#block));
  }

  #split(head: TransferHead, payload: Buffer): Buffer[] {
    const most = this.#sink.maxFrameSize - HEAD_BYTES;
    const frames: Buffer[] = [];
    for (let from = 0; from < payload.length; from += most) {
      const part = payload.subarray(from, from + most);
      const frame = Buffer.allocUnsafeSlow(HEAD_BYTES + part.length);
      putHead(frame, 0, head, part.length, from + most < payload.length);
      putBytes(frame, HEAD_BYTES, part);
      frames.push(frame);
    }
    return frames;
  }
}

function putHead(target: Buffer, start: number, head: TransferHead, payload: number, more: boolean): void {
  let at = target.writeUInt32BE(HEAD_BYTES + payload, start);
  at = target.writeUInt16BE(0x0200, at); // Where the body begins, in words; a frame of AMQP.
  at = target.writeUInt16BE(head.channel, at);
  at = target.writeUIntBE(0x005314, at, 3);
  target[at++] = LIST_8;
  target[at++] = HEAD_BYTES - 13;
  target[at++] = FIELDS;
  at = putUint(target, at, head.handle);
  at = putUint(target, at, head.id);
  target[at++] = BINARY_8;
  target[at++] = 4;
  at = target.writeUInt32BE(head.id, at);
  at = putUint(target, at, head.format);
  at = putBoolean(target, at, head.settled);
  putBoolean(target, at, more);
}
