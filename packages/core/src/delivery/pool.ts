import type { Lane } from "./lane.js";

/** The lanes of a sink, opened one after another as the load asks for them. */
export class Pool {
  readonly lanes: Lane[] = [];
  readonly #size: number;
  readonly #share: number;
  readonly #open: (index: number) => Lane;

  /** @param share Events that one lane may have in flight. */
  constructor(size: number, share: number, open: (index: number) => Lane) {
    this.#size = size;
    this.#share = share;
    this.#open = open;
  }

  /** The least loaded lane; another one is opened when each has all that it may have in flight. */
  leastLoaded(): Lane {
    let least = this.at(0);
    for (const lane of this.lanes) if (lane.load < least.load) least = lane;
    const another = this.lanes.length;
    if (least.load < this.#share || another === this.#size || !least.connected) return least;
    return this.at(another);
  }

  /** The lane that an execution always has: without confirms nothing tells when its last event is through. */
  byHash(executionId: string): Lane {
    let hash = 0;
    for (let i = 0; i < executionId.length; i++) hash = (Math.imul(hash, 31) + executionId.charCodeAt(i)) | 0;
    return this.at((hash >>> 0) % this.#size);
  }

  at(index: number): Lane {
    while (this.lanes.length <= index) this.lanes.push(this.#open(this.lanes.length));
    return this.lanes[index]!;
  }
}
