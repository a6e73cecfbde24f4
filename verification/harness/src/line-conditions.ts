import { setImmediate, setTimeout as sleep } from "node:timers/promises";

export type Direction = "toBroker" | "toClient";

/** What a line does to the bytes on it. */
export class LineConditions {
  latencyMs = 0;
  bytesPerSecond = Number.POSITIVE_INFINITY;
  /** Passed on at a time. */
  partBytes = Number.POSITIVE_INFINITY;
  cutAfter: { readonly bytes: number } | undefined;
  cutInContent = false;
  holdAt: { readonly bytes: Buffer; readonly direction: Direction; readonly reached: () => void } | undefined;
  readonly #silent = new Set<Direction>();
  readonly #free = { toBroker: 0, toClient: 0 };
  #waiting: (() => void)[] = [];

  silence(...directions: readonly Direction[]): void {
    for (const direction of directions) this.#silent.add(direction);
  }

  clear(): void {
    this.latencyMs = 0;
    this.bytesPerSecond = Number.POSITIVE_INFINITY;
    this.partBytes = Number.POSITIVE_INFINITY;
    this.cutAfter = undefined;
    this.cutInContent = false;
    this.holdAt = undefined;
    this.#silent.clear();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Resolves when the direction is not silent. */
  async passing(direction: Direction): Promise<void> {
    while (this.#silent.has(direction)) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** The bytes in parts, each when it may pass. */
  async *parts(bytes: Buffer, direction: Direction, due: number): AsyncGenerator<Buffer> {
    if (due > performance.now()) await sleep(due - performance.now());
    if (direction === this.holdAt?.direction && bytes.includes(this.holdAt.bytes)) {
      this.silence(direction);
      this.holdAt.reached();
    }
    for (let at = 0; at < bytes.length; ) {
      await this.passing(direction);
      const part = bytes.subarray(at, at + Math.min(this.partBytes, Math.max(1, this.bytesPerSecond / 10)));
      at += part.length;
      await this.#pace(part.length, direction);
      yield part;
      if (this.partBytes === 1) await setImmediate();
    }
  }

  async #pace(bytes: number, direction: Direction): Promise<void> {
    if (this.bytesPerSecond === Number.POSITIVE_INFINITY) return;
    const from = Math.max(performance.now(), this.#free[direction]);
    this.#free[direction] = from + (bytes / this.bytesPerSecond) * 1000;
    await sleep(this.#free[direction] - performance.now());
  }
}
