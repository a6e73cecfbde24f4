import { crc32, gunzipSync } from "node:zlib";
import { MalformedFrameError, type Reader } from "./reader.js";

/** Magic number 5 and version 0 (osiris, "Log format"). */
const MAGIC_AND_VERSION = 0x50;
const USER = 0;
/** Compressions of a sub-batch, by their numbers. */
const compressions = ["none", "gzip", "snappy", "lz4", "zstd"] as const;
/** Messages of one sub-batch take no more memory than this, in bytes, whatever it says. */
const LARGEST_BATCH = 256 * 1024 * 1024;

/** A sub-batch that cannot be read here. */
export class CompressionError extends Error {}

/** Messages that lie one after another in a buffer, each with its length before it. */
interface Entries {
  readonly bytes: Buffer;
  at: number;
  /** Messages. */
  left: number;
}

/** The messages of one chunk, one after another. Sub-batches are opened when it is their turn. */
export class Chunk {
  /** Of the chunk's first message; they follow each other without a gap. */
  readonly firstOffset: number;
  /** After its last message. */
  readonly endOffset: number;
  readonly #data: Buffer;
  #at = 0;
  #batch: Entries | undefined;
  #nextOffset: number;

  /**
   * @param frame where the chunk begins: after the subscription's id (Deliver, version 1).
   * @throws MalformedFrameError, also where the CRC does not fit.
   */
  constructor(frame: Reader) {
    if (frame.u8() !== MAGIC_AND_VERSION) throw new MalformedFrameError("a chunk of an unknown version");
    const type = frame.u8();
    frame.u16();
    const records = frame.u32();
    // Timestamp and epoch.
    frame.bytes(16);
    this.firstOffset = frame.u64();
    const crc = frame.u32();
    const length = frame.u32();
    // The trailer's length, and that of a filter: the broker sends neither.
    frame.bytes(8);
    this.#data = frame.bytes(length);
    if (crc32(this.#data) !== crc) throw new MalformedFrameError("the CRC of a chunk does not fit its bytes");
    this.endOffset = this.firstOffset + (type === USER ? records : 0);
    this.#nextOffset = this.firstOffset;
  }

  /** Of the message that {@link next} gives. */
  get nextOffset(): number {
    return this.#nextOffset;
  }

  get isEmpty(): boolean {
    return this.#nextOffset >= this.endOffset;
  }

  /**
   * The bytes of the next message, where there is one.
   *
   * @throws MalformedFrameError, or CompressionError for a sub-batch that cannot be opened.
   */
  next(): Buffer {
    this.#nextOffset++;
    if (this.#batch !== undefined) return this.#ofBatch(this.#batch);
    const data = this.#data;
    const head = this.#u32(this.#at);
    if (head < 0x8000_0000) {
      const start = this.#at + 4;
      this.#at = within(start + head, data);
      return data.subarray(start, this.#at);
    }
    // Compression, and the number of messages; both lengths follow.
    const compression = (head >>> 28) & 7;
    const count = (head >>> 8) & 0xffff;
    const start = within(this.#at + 11, data);
    const length = data.readUInt32BE(this.#at + 7);
    const uncompressedLength = data.readUInt32BE(this.#at + 3);
    this.#at = within(start + length, data);
    const bytes = opened(data.subarray(start, this.#at), compression, uncompressedLength);
    return this.#ofBatch({ bytes, at: 0, left: count });
  }

  #ofBatch(batch: Entries): Buffer {
    const { bytes } = batch;
    const start = within(batch.at + 4, bytes);
    batch.at = within(start + bytes.readUInt32BE(batch.at), bytes);
    this.#batch = --batch.left > 0 ? batch : undefined;
    return bytes.subarray(start, batch.at);
  }

  #u32(at: number): number {
    within(at + 4, this.#data);
    return this.#data.readUInt32BE(at);
  }
}

function within(end: number, bytes: Buffer): number {
  if (end > bytes.length) throw new MalformedFrameError("an entry goes beyond its chunk");
  return end;
}

function opened(bytes: Buffer, compression: number, uncompressedLength: number): Buffer {
  const name = compressions[compression] ?? `compression ${compression}`;
  if (name === "none") return bytes;
  if (name !== "gzip")
    throw new CompressionError(
      `a batch of messages is compressed with ${name}, which cannot be read here: let its publisher send gzip, or no compression`,
    );
  if (uncompressedLength > LARGEST_BATCH)
    throw new MalformedFrameError(
      `a batch of ${uncompressedLength} bytes, where ${LARGEST_BATCH} are allowed`,
    );
  try {
    return gunzipSync(bytes, { maxOutputLength: Math.max(1, uncompressedLength) });
  } catch {
    throw new MalformedFrameError("a batch that says gzip, and is none");
  }
}
