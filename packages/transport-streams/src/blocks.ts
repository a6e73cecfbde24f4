const BLOCK_BYTES = 64 * 1024;
/** So many wait to be used again, if the network was slow for a while. */
const MOST_FREE = 4;

/** Memory that frames are written in, used again once the network has taken them: to ask for it costs more. */
export class Blocks {
  readonly #free: Buffer[] = [];
  readonly #largest: number;

  /** @param largest What is larger, in bytes, was for one large message, and is not kept. */
  constructor(largest: number) {
    this.#largest = Math.max(2 * largest, BLOCK_BYTES);
  }

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
  }

  giveBack(block: Buffer): void {
    if (block.length <= this.#largest && this.#free.length < MOST_FREE) this.#free.push(block);
  }

  /** The block itself, or a larger one that begins with the first `used` bytes of it. */
  withRoom(block: Buffer, used: number, wanted: number): Buffer {
    if (used + wanted <= block.length) return block;
    const grown = Buffer.allocUnsafeSlow(Math.max(2 * block.length, used + wanted));
    block.copy(grown, 0, 0, used);
    return grown;
  }
}
