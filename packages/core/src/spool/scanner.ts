import { recordMemory } from "../buffer/record.js";
import type { DiskFile } from "./disk.js";
import { FRAME_HEAD, type Frame, frameAt } from "./frame.js";

/** So much is read from a file at once, in bytes. */
const CHUNK = 256 * 1024;

/**
 * Finds the frames of a file, one after another. What is no frame is skipped up to the next one: every frame begins
 * where a word of 32 bits does.
 */
export class FrameScanner {
  /** The part of the file that is in memory. */
  memory = recordMemory(0);
  /** Bytes that belong to no frame. */
  skipped = 0;
  /** Where the memory begins in the file, how much of it is filled, and how much of that was searched. */
  #at: number;
  #filled = 0;
  #position = 0;
  #want = FRAME_HEAD;
  /** Where the file ended, if that was earlier than its size says. */
  #endsAt = Number.POSITIVE_INFINITY;
  readonly #file: DiskFile;

  constructor(file: DiskFile, from = 0) {
    this.#file = file;
    this.#at = from;
  }

  /** Where the next frame begins in the file. */
  get offset(): number {
    return this.#at + this.#position;
  }

  /**
   * The next frame, valid until the next read; `"read"` if more of the file has to be read; `undefined` at its end.
   *
   * @param size of the file, in bytes: it may grow.
   */
  next(size: number): Frame | "read" | undefined {
    const end = Math.min(size, this.#endsAt);
    while (end - this.offset >= FRAME_HEAD) {
      if (this.#filled - this.#position < FRAME_HEAD) return this.#need(FRAME_HEAD);
      const frame = frameAt(this.memory.source, this.#position);
      // A frame that goes beyond the file was cut.
      if (frame === undefined || this.#at + frame.to > end) this.#skip(4);
      else if (frame.to > this.#filled) return this.#need(frame.to - this.#position);
      else {
        this.#position = frame.to;
        return frame;
      }
    }
    if (end > this.offset) this.#skip(end - this.offset);
    return undefined;
  }

  async readLater(size: number): Promise<void> {
    const target = this.#prepare(size);
    this.#took(await this.#file.readLater(target, this.#at), target.length);
  }

  read(size: number): void {
    const target = this.#prepare(size);
    this.#took(this.#file.read(target, this.#at), target.length);
  }

  #skip(bytes: number): void {
    this.#position += bytes;
    this.skipped += bytes;
  }

  #need(bytes: number): "read" {
    this.#want = Math.max(CHUNK, bytes);
    return "read";
  }

  #prepare(size: number): Buffer {
    this.#at += this.#position;
    this.#position = 0;
    this.#filled = 0;
    const bytes = Math.max(0, Math.min(this.#want, size - this.#at));
    if (this.memory.source.length < bytes) this.memory = recordMemory(Math.max(CHUNK, bytes));
    return this.memory.source.subarray(0, bytes);
  }

  #took(bytes: number, asked: number): void {
    this.#filled = bytes;
    if (bytes < asked) this.#endsAt = this.#at + bytes;
  }
}
