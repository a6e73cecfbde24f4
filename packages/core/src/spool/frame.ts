import { crc32 } from "node:zlib";
import { type RecordPlace, recordMemory } from "../buffer/record.js";

// A file of a spool is a row of frames. A frame is a head and entries: an entry is a head and a record of the buffer.
// Everything is little-endian and begins where a word of 32 bits does.
//   head:  mark, CRC32 of the rest of the head, bytes of the entries, their CRC32, their count, how many events the
//          file holds before them, index of the first
//   entry: index, sequence, time of acceptance (ms since 1970), record
/** "SLF1": the version is part of it. */
const MARK = 0x31_46_4c_53;
export const FRAME_HEAD = 32;
export const ENTRY_HEAD = 24;
/** The bytes of a frame that is full. One entry may be larger. */
const FULL = 64 * 1024;
/** Memory of frames that is kept for the next ones, in frames. */
const SPARE = 4;

/** Builds frames. */
export class FrameBuilder {
  #memory = recordMemory(FULL);
  readonly #spare: { source: Buffer; words: Uint32Array }[] = [];
  #end = FRAME_HEAD;
  count = 0;

  /** Its bytes, with the head. */
  get bytes(): number {
    return this.count === 0 ? 0 : this.#end;
  }

  /** Whether an entry with a record of `length` still fits, or the frame is empty. */
  fits(length: number): boolean {
    return this.count === 0 || this.#end + ENTRY_HEAD + length <= FULL;
  }

  add(
    index: number,
    sequence: number,
    wallTime: number,
    { source, record }: RecordPlace,
    length: number,
  ): void {
    const needed = this.#end + ENTRY_HEAD + length;
    if (needed > this.#memory.source.length) {
      const grown = recordMemory(needed);
      this.#memory.source.copy(grown.source, 0, 0, this.#end);
      this.#memory = grown;
    }
    const { source: target } = this.#memory;
    if (this.count === 0) target.writeDoubleLE(index, 24);
    target.writeDoubleLE(index, this.#end);
    target.writeDoubleLE(sequence, this.#end + 8);
    target.writeDoubleLE(wallTime, this.#end + 16);
    source.copy(target, this.#end + ENTRY_HEAD, record, record + length);
    this.#end = needed;
    this.count++;
  }

  /** The frame, which keeps its memory. An empty one marks the end of a file that is complete. */
  seal(eventsBefore: number): Buffer {
    const { source } = this.#memory;
    if (this.count === 0) source.writeDoubleLE(0, 24);
    const frame = source.subarray(0, this.#end);
    frame.writeUInt32LE(MARK, 0);
    frame.writeUInt32LE(this.#end - FRAME_HEAD, 8);
    frame.writeUInt32LE(crc32(frame.subarray(FRAME_HEAD)), 12);
    frame.writeUInt32LE(this.count, 16);
    frame.writeUInt32LE(eventsBefore, 20);
    frame.writeUInt32LE(crc32(frame.subarray(8, FRAME_HEAD)), 4);
    this.#end = FRAME_HEAD;
    this.count = 0;
    this.#memory = this.#spare.pop() ?? recordMemory(FULL);
    return frame;
  }

  /** The memory of a frame may be used again. */
  recycle({ buffer }: Buffer): void {
    if (buffer.byteLength !== FULL || this.#spare.length === SPARE) return;
    this.#spare.push({ source: Buffer.from(buffer), words: new Uint32Array(buffer) });
  }
}

/** A frame as it was found. */
export interface Frame {
  readonly count: number;
  /** How many events the file holds before it. */
  readonly before: number;
  /** The index of its first event. */
  readonly first: number;
  /** Where its entries begin and end in the memory that was searched. */
  readonly from: number;
  readonly to: number;
}

/**
 * The head of a frame at `at`, or `undefined` if there is none: the mark alone may be part of an event.
 */
export function frameAt(bytes: Buffer, at: number): Frame | undefined {
  if (bytes.readUInt32LE(at) !== MARK) return undefined;
  if (crc32(bytes.subarray(at + 8, at + FRAME_HEAD)) !== bytes.readUInt32LE(at + 4)) return undefined;
  const from = at + FRAME_HEAD;
  const to = from + bytes.readUInt32LE(at + 8);
  return {
    count: bytes.readUInt32LE(at + 16),
    before: bytes.readUInt32LE(at + 20),
    first: bytes.readDoubleLE(at + 24),
    from,
    to,
  };
}

/** Where the entry ends that begins at `at`. */
export const endOfEntry = (bytes: Buffer, at: number): number =>
  at + ENTRY_HEAD + bytes.readUInt32LE(at + ENTRY_HEAD);

/** Whether the entries are as they were written. */
export const isIntact = (bytes: Buffer, { from, to }: Frame): boolean =>
  crc32(bytes.subarray(from, to)) === bytes.readUInt32LE(from - FRAME_HEAD + 12);

/** Where the entries of an intact frame begin. */
export function* entriesOf(source: Buffer, { from, to }: Pick<Frame, "from" | "to">): Generator<number> {
  for (let at = from; at < to; at = endOfEntry(source, at)) yield at;
}
