/** The protocol header: "AMQP" and four bytes. */
const HEADER = 8;
/** Type, channel and size of a frame; its end is one byte more. */
const FRAME_HEAD = 7;
const BODY = 3;

/** Follows the frames that a client sends on one connection from its first byte on. */
export class ContentFrames {
  /** What is left of the frame, or of the protocol header, that is being read. */
  #rest = HEADER;
  #head = Buffer.alloc(0);

  /** Where, in these bytes, the middle of a frame lies that carries a message's body. */
  read(bytes: Buffer): number | undefined {
    let found: number | undefined;
    for (let at = 0; at < bytes.length; ) {
      if (this.#rest > 0) {
        const taken = Math.min(this.#rest, bytes.length - at);
        this.#rest -= taken;
        at += taken;
        continue;
      }
      const part = bytes.subarray(at, at + FRAME_HEAD - this.#head.length);
      this.#head = Buffer.concat([this.#head, part]);
      at += part.length;
      if (this.#head.length < FRAME_HEAD) break;
      const size = this.#head.readUInt32BE(3);
      if (this.#head[0] === BODY) found ??= at + Math.min(size >> 1, bytes.length - at);
      this.#rest = size + 1;
      this.#head = Buffer.alloc(0);
    }
    return found;
  }
}
