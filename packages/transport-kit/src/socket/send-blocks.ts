import type { Socket } from "node:net";

/** A block has at least so many bytes. */
const BLOCK = 128 * 1024;
/** Blocks are kept for later, up to this size and number: as much as may wait in a socket, and what is being written. */
const LARGEST_KEPT = 1024 * 1024;
const MOST_KEPT = 16;

/**
 * Memory for what is written to a socket. A block is used again once the network has taken what was in it: memory that
 * is asked for anew again and again makes V8 collect its whole heap.
 *
 * @example
 * let block = blocks.next(bytes);
 * socket.write(block.subarray(0, encode(block)));
 * block = blocks.next(bytes, block);
 */
export class SendBlocks {
  readonly #socket: Pick<Socket, "bytesWritten" | "writableLength">;
  /** In the order in which they were written. */
  readonly #written: { readonly block: Buffer<ArrayBuffer>; readonly end: number }[] = [];

  constructor(socket: Pick<Socket, "bytesWritten" | "writableLength">) {
    this.#socket = socket;
  }

  /**
   * A block with room for `bytes`.
   *
   * @param full the block before it, or what was left of it. Its bytes may be copied until the next write.
   */
  next(bytes: number, full?: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
    const { bytesWritten, writableLength } = this.#socket;
    if (full !== undefined && this.#isKept(full.buffer.byteLength))
      this.#written.push({ block: Buffer.from(full.buffer), end: bytesWritten });
    const [oldest] = this.#written;
    if (oldest === undefined || oldest.end > bytesWritten - writableLength) return allocate(bytes);
    this.#written.shift();
    return oldest.block.length >= bytes ? oldest.block : allocate(bytes);
  }

  #isKept(bytes: number): boolean {
    return bytes >= BLOCK && bytes <= LARGEST_KEPT && this.#written.length < MOST_KEPT;
  }
}

const allocate = (bytes: number): Buffer<ArrayBuffer> => Buffer.allocUnsafeSlow(Math.max(bytes, BLOCK));
