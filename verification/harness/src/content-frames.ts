import type { Protocol } from "./protocol.js";

/** How a protocol cuts what a client sends into frames. */
export interface Framing {
  /** Bytes before the first frame. */
  readonly preamble: number;
  /** Bytes of a frame's head, and what is left of the frame behind it. */
  readonly head: number;
  rest(head: Buffer): number;
  /** Whether the frame carries a message's body. */
  isContent(head: Buffer): boolean;
}

/** "AMQP" and four bytes; then type, channel and size of each frame, whose end is one byte more. */
const amqp: Framing = {
  preamble: 8,
  head: 7,
  rest: (head) => head.readUInt32BE(3) + 1,
  isContent: (head) => head[0] === 3,
};

/** Size and key of each frame. */
const streams: Framing = {
  preamble: 0,
  head: 6,
  rest: (head) => head.readUInt32BE(0) - 2,
  isContent: (head) => head.readUInt16BE(4) === 2,
};

/**
 * Size, offset of the body, type and channel of each frame; "AMQP" and four bytes before each layer pass for a frame.
 * Of what a client under load sends, transfers alone are large.
 */
const amqp10: Framing = {
  preamble: 0,
  head: 8,
  rest: (head) => (isHeader(head) ? 0 : head.readUInt32BE(0) - 8),
  isContent: (head) => !isHeader(head) && head.readUInt32BE(0) > 256,
};

const isHeader = (head: Buffer) => head.toString("latin1", 0, 4) === "AMQP";

/** Requests of HTTP are not followed. */
const http: Framing = {
  preamble: 0,
  head: 1,
  rest: () => Number.MAX_SAFE_INTEGER,
  isContent: () => false,
};

export const framings: Readonly<Record<Protocol, Framing>> = {
  amqp,
  streams,
  amqp10,
  "service-bus": amqp10,
  pubsub: http,
};

/** Follows the frames that a client sends on one connection from its first byte on. */
export class ContentFrames {
  readonly #framing: Framing;
  /** What is left of the frame, or of the preamble, that is being read. */
  #rest: number;
  #head = Buffer.alloc(0);

  constructor(framing: Framing) {
    this.#framing = framing;
    this.#rest = framing.preamble;
  }

  /** Where, in these bytes, the middle of a frame lies that carries a message's body. */
  read(bytes: Buffer): number | undefined {
    const { head, rest, isContent } = this.#framing;
    let found: number | undefined;
    for (let at = 0; at < bytes.length; ) {
      if (this.#rest > 0) {
        const taken = Math.min(this.#rest, bytes.length - at);
        this.#rest -= taken;
        at += taken;
        continue;
      }
      const part = bytes.subarray(at, at + head - this.#head.length);
      this.#head = Buffer.concat([this.#head, part]);
      at += part.length;
      if (this.#head.length < head) break;
      this.#rest = rest(this.#head);
      if (isContent(this.#head)) found ??= at + Math.min(this.#rest >> 1, bytes.length - at);
      this.#head = Buffer.alloc(0);
    }
    return found;
  }
}
