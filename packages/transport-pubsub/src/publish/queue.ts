import { type Chunk, fits } from "./chunks.js";

/** Chunks that go in one request. */
export interface Request {
  readonly lane: string;
  readonly topic: string | undefined;
  readonly chunks: readonly Chunk[];
  readonly messages: number;
}

/**
 * What waits to be sent, by topic and ordering key, in the order of arrival. Each has one request under way at a time, so
 * that none can overtake another; what comes meanwhile goes together in the next.
 */
export class RequestQueue {
  /** Ordered by the arrival of the first chunk. */
  readonly #waiting = new Map<string, Chunk[]>();
  readonly #busy = new Set<string>();
  readonly #mostAtATime: number;
  /** That wait, and are not under way. */
  bytes = 0;

  constructor(mostAtATime: number) {
    this.#mostAtATime = mostAtATime;
  }

  get underWay(): number {
    return this.#busy.size;
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0 && this.#busy.size === 0;
  }

  add(chunk: Chunk): void {
    this.bytes += chunk.bytes.length;
    const chunks = this.#waiting.get(chunk.lane);
    if (chunks === undefined) this.#waiting.set(chunk.lane, [chunk]);
    else chunks.push(chunk);
  }

  /** The next request, which is under way from now on. */
  next(): Request | undefined {
    if (this.#busy.size >= this.#mostAtATime) return undefined;
    for (const [lane, waiting] of this.#waiting) {
      if (this.#busy.has(lane)) continue;
      this.#busy.add(lane);
      const { count, messages, bytes } = fillOf(waiting);
      const chunks = waiting.splice(0, count);
      // What is left goes behind the others.
      this.#waiting.delete(lane);
      if (waiting.length > 0) this.#waiting.set(lane, waiting);
      this.bytes -= bytes;
      return { lane, topic: chunks[0]!.topic, chunks, messages };
    }
    return undefined;
  }

  answered({ lane }: Request): void {
    this.#busy.delete(lane);
  }

  /** Takes out all that waits. */
  clear(): readonly Chunk[] {
    const chunks = [...this.#waiting.values()].flat();
    this.#waiting.clear();
    this.bytes = 0;
    return chunks;
  }
}

function fillOf(chunks: readonly Chunk[]): { count: number; messages: number; bytes: number } {
  const fill = { count: 0, messages: 0, bytes: 0 };
  for (const { messages, bytes } of chunks) {
    if (!fits(fill.messages + messages, fill.bytes + bytes.length)) break;
    fill.count++;
    fill.messages += messages;
    fill.bytes += bytes.length;
  }
  return fill;
}
