import { lengthOf, recordMemory, slotOf } from "./record.js";

/** A block of memory outside of V8's heap, to which records are appended. */
export interface Segment {
  readonly id: number;
  readonly source: Buffer;
  /** The same memory. */
  readonly words: Uint32Array;
  /** Where the next record goes. */
  end: number;
  /** Bytes of records that are not released. */
  live: number;
}

/** A record of more than this part of a segment is large. */
const LARGE_SHARE = 8;

type Memory = Pick<Segment, "source" | "words">;

/**
 * The segments of a log. A fresh page of memory costs more than what is written into it, and V8 frees what is let go only
 * when it collects its whole heap: they are used again, and kept for that until {@link trim}.
 */
export class Segments {
  /** The segments by id. Ids are reused. */
  readonly #segments: (Segment | undefined)[] = [];
  readonly #freeIds: number[] = [];
  /** Free ones of the standard size. */
  readonly #spare: Memory[] = [];
  /** How many of them were not needed since the last {@link trim}. */
  #unneeded = 0;
  readonly #size: number;
  #current: Segment;
  /** Bytes of all segments in use. */
  held = 0;
  /** Bytes of records that are not released. */
  live = 0;

  /** @param size of a segment, in bytes. A record that is large beside it has a segment of its own. */
  constructor(size: number) {
    this.#size = size;
    this.#current = this.#take(recordMemory(0));
  }

  at(id: number): Segment {
    return this.#segments[id]!;
  }

  /** A segment with room for `bytes` at its end. */
  withRoom(bytes: number): Segment {
    // A large record in a shared segment would leave much room at the end that nothing could use.
    if (bytes > this.#size / LARGE_SHARE) return this.#take(recordMemory(bytes));
    if (this.#current.source.length - this.#current.end >= bytes) return this.#current;
    const full = this.#current;
    this.#current = this.#take(this.#spare.pop() ?? recordMemory(this.#size));
    this.#unneeded = Math.min(this.#unneeded, this.#spare.length);
    if (full.live === 0) this.#giveBack(full);
    return this.#current;
  }

  /** The segment whose last record ends at `end`, if `bytes` fit in behind it. */
  behind(id: number, end: number, bytes: number): Segment | undefined {
    const segment = this.#current;
    return id === segment.id && end === segment.end && segment.source.length - end >= bytes
      ? segment
      : undefined;
  }

  /** Counts a record of `bytes` that was written at the end. */
  written(segment: Segment, bytes: number): void {
    segment.end += bytes;
    segment.live += bytes;
    this.live += bytes;
  }

  release(segment: Segment, bytes: number): void {
    segment.live -= bytes;
    this.live -= bytes;
    if (segment.live > 0) return;
    if (segment === this.#current) segment.end = 0;
    else this.#giveBack(segment);
  }

  /** The segment with the smallest share of live bytes, where much of what is held is dead. */
  sparse(): Segment | undefined {
    const dead = this.held - this.live;
    if (dead <= 2 * this.#size + this.held / 8) return undefined;
    let sparse: Segment | undefined;
    for (const segment of this.#segments) {
      if (segment === undefined || segment === this.#current) continue;
      if (sparse === undefined || segment.live * sparse.end < sparse.live * segment.end) sparse = segment;
    }
    // Without dead bytes, moving the records would free nothing.
    return sparse !== undefined && sparse.live < sparse.end ? sparse : undefined;
  }

  /** Lets go of the free segments that were not needed since the last call. */
  trim(): void {
    this.#spare.length -= this.#unneeded;
    this.#unneeded = this.#spare.length;
  }

  #take({ source, words }: Memory): Segment {
    const id = this.#freeIds.pop() ?? this.#segments.length;
    const segment: Segment = { id, source, words, end: 0, live: 0 };
    this.#segments[id] = segment;
    this.held += source.length;
    return segment;
  }

  #giveBack({ id, source, words }: Segment): void {
    this.#segments[id] = undefined;
    this.#freeIds.push(id);
    this.held -= source.length;
    if (source.length === this.#size) this.#spare.push({ source, words });
  }
}

/** The offsets of the records of a segment, and their slots. */
export function* recordsOf({
  words,
  end,
}: Segment): Generator<{ readonly slot: number; readonly at: number }> {
  for (let record = 0; record < end; record += lengthOf({ words, record }))
    yield { slot: slotOf({ words, record }), at: record };
}
