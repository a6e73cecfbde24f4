/** Bytes that are no frame of the stream protocol. */
export class MalformedFrameError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "MalformedFrameError";
  }
}

/** Reads the fields of one frame, and never past its end. */
export class Reader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    return this.#bytes[this.#take(1)]!;
  }

  u16(): number {
    return this.#bytes.readUInt16BE(this.#take(2));
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#take(4));
  }

  /** Exact up to 2⁵³ - 1, which no publishing id of ours exceeds. */
  u64(): number {
    const at = this.#take(8);
    return this.#bytes.readUInt32BE(at) * 0x1_0000_0000 + this.#bytes.readUInt32BE(at + 4);
  }

  /** A string of the protocol; null is given as "". */
  string(): string {
    const length = this.#bytes.readInt16BE(this.#take(2));
    if (length <= 0) return "";
    const at = this.#take(length);
    return this.#bytes.toString("utf8", at, at + length);
  }

  bytes(length: number): Buffer {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** An array. `least` is what an item takes at least: no count can ask for more room than the frame has. */
  list<T>(least: number, item: (reader: Reader) => T): T[] {
    return Array.from({ length: this.count(least) }, () => item(this));
  }

  /** How many items of at least `least` bytes follow. */
  count(least: number): number {
    const count = this.u32();
    // Null is -1.
    if (count === 0xffff_ffff) return 0;
    if (count * least > this.left) throw new MalformedFrameError(`${count} items do not fit the frame`);
    return count;
  }

  #take(length: number): number {
    const at = this.#at;
    if (length > this.#bytes.length - at) throw new MalformedFrameError("the frame is too short");
    this.#at = at + length;
    return at;
  }
}
