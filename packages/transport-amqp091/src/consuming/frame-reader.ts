/** Type, channel and size. */
const HEAD_BYTES = 7;
const FRAME_END = 0xce;
const nothing = Buffer.alloc(0);

/** What came in is no AMQP 0-9-1, or not what may come next. It ends the connection. */
export class MalformedFrameError extends Error {
  override name = "MalformedFrameError";

  constructor(what: string) {
    super(`the broker sent ${what}`);
  }
}

/**
 * Splits what comes from a socket into frames. A frame that is whole in one chunk is not copied; of one that is cut, the
 * bytes are copied once, and never more memory is asked for than the largest frame has.
 */
export class FrameReader {
  type = 0;
  channel = 0;
  /** Of the payload, in {@link bytes}. */
  start = 0;
  end = 0;
  bytes: Buffer = nothing;
  readonly #maxPayload: number;
  #chunk: Buffer = nothing;
  #at = 0;
  /** The beginning of a frame that is cut: its head first, then all of it. */
  #cut: Buffer | undefined;
  #cutLength = 0;

  /** @param frameMax of the whole frame in bytes, as both sides agreed; 0: no limit. */
  constructor(frameMax: number) {
    this.#maxPayload = frameMax === 0 ? Number.POSITIVE_INFINITY : frameMax - HEAD_BYTES - 1;
  }

  /** Call it when {@link next} has given all of the chunk before. The chunk belongs to the reader from now on. */
  push(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  /**
   * Whether there is another frame: then the fields tell of it, until the next call.
   *
   * @throws MalformedFrameError
   */
  next(): boolean {
    if (this.#cut !== undefined) return this.#complete(this.#cut);
    const chunk = this.#chunk;
    const at = this.#at;
    const left = chunk.length - at;
    const total = left < HEAD_BYTES ? HEAD_BYTES : this.#totalOf(chunk, at);
    if (left < total || left < HEAD_BYTES) {
      if (left > 0) this.#keep(total);
      return false;
    }
    this.#at = at + total;
    this.#tell(chunk, at, total);
    return true;
  }

  /** The frame that {@link next} told of, with its head and its end. */
  whole(): Buffer {
    return this.bytes.subarray(this.start - HEAD_BYTES, this.end + 1);
  }

  #keep(total: number): void {
    this.#cut = Buffer.allocUnsafe(total);
    this.#cutLength = 0;
    this.#fill(this.#cut);
  }

  #fill(cut: Buffer): boolean {
    const copied = this.#chunk.copy(cut, this.#cutLength, this.#at);
    this.#at += copied;
    this.#cutLength += copied;
    return this.#cutLength === cut.length;
  }

  #complete(cut: Buffer): boolean {
    if (!this.#fill(cut)) return false;
    if (cut.length > HEAD_BYTES) {
      this.#cut = undefined;
      this.#tell(cut, 0, cut.length);
      return true;
    }
    const whole = Buffer.allocUnsafe(this.#totalOf(cut, 0));
    cut.copy(whole);
    this.#cut = whole;
    return this.#complete(whole);
  }

  #totalOf(bytes: Buffer, at: number): number {
    const size = bytes.readUInt32BE(at + 3);
    if (size > this.#maxPayload)
      throw new MalformedFrameError(`a frame of ${size} bytes, where ${this.#maxPayload} were agreed on`);
    return HEAD_BYTES + size + 1;
  }

  #tell(bytes: Buffer, at: number, total: number): void {
    if (bytes[at + total - 1] !== FRAME_END)
      throw new MalformedFrameError("a frame that does not end where it says");
    this.type = bytes[at]!;
    this.channel = bytes.readUInt16BE(at + 1);
    this.bytes = bytes;
    this.start = at + HEAD_BYTES;
    this.end = at + total - 1;
  }
}
