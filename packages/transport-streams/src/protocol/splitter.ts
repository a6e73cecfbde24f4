import { MalformedFrameError } from "./reader.js";

const SIZE_BYTES = 4;
/** Command and version. */
const LEAST = 4;

/** Cuts what comes in into frames. Holds no more than one frame of the largest allowed size. */
export class FrameSplitter {
  /** In bytes; a peer that announces more is not waited for. */
  largest: number;
  #parts: Buffer[] = [];
  #held = 0;
  /** Bytes until the next thing can be read: a size, or the whole of a frame. */
  #wanted = SIZE_BYTES;

  constructor(largest: number) {
    this.largest = largest;
  }

  /** @throws MalformedFrameError for what cannot be a frame. */
  push(chunk: Buffer, each: (content: Buffer) => void): void {
    this.#parts.push(chunk);
    this.#held += chunk.length;
    if (this.#held < this.#wanted) return;
    let bytes = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts, this.#held);
    this.#wanted = SIZE_BYTES;
    while (bytes.length >= SIZE_BYTES) {
      const size = bytes.readUInt32BE(0);
      if (size < LEAST || size > this.largest)
        throw new MalformedFrameError(
          `a frame of ${size} bytes, where ${LEAST} to ${this.largest} are allowed`,
        );
      const end = SIZE_BYTES + size;
      if (bytes.length < end) {
        this.#wanted = end;
        break;
      }
      const content = bytes.subarray(SIZE_BYTES, end);
      bytes = bytes.subarray(end);
      each(content);
    }
    this.#parts = bytes.length > 0 ? [bytes] : [];
    this.#held = bytes.length;
  }
}
