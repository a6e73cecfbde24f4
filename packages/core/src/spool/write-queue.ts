import type { Clock } from "../delivery/clock.js";
import { errorOf } from "../error-text.js";
import type { DiskFile } from "./disk.js";
import type { SpoolFile } from "./files.js";
import { entriesOf, FRAME_HEAD } from "./frame.js";
import { some } from "./rewrite.js";

/**
 * Writes that take longer, without as long a pause between them, hold up the program: what follows is written beside it. In
 * milliseconds.
 */
const MOST_HELD_MS = 10;
/** A disk that takes less for each write is fast again. */
const FAST_MS = 5;
/** What a write may take whatever its size. */
const ANY_WRITE_MS = 1;
const RETRY_MS = 1000;
/** So much is written in the program before it looks whether that holds it up, in bytes. */
const SLICE = 32 * 1024;

/** Bytes that are not written yet, and their place: a frame, or marks. */
export interface Unwritten {
  readonly file: SpoolFile;
  readonly at: number;
  readonly bytes: Buffer;
  /** Of a frame: the index of its last event. */
  readonly lastIndex?: number;
  /** How many of the bytes are written. */
  done: number;
}

export interface WriteQueueSetup {
  readonly clock: Clock;
  open(piece: Unwritten): DiskFile;
  /** It is in its file. `isFree`: nothing reads its memory any more. */
  wrote(piece: Unwritten, isFree: boolean): void;
  /** Marks that are to be written: they come after all frames. */
  marks(): Unwritten | undefined;
  /** The disk takes more than before, or begins to fail. */
  changed(): void;
}

/**
 * Frames and marks on their way to the disk: written in the program while the disk is fast, and else beside it, in order.
 */
export class WriteQueue {
  readonly #setup: WriteQueueSetup;
  readonly #frames: Unwritten[] = [];
  readonly #marks: Unwritten[] = [];
  /** How many frames there were, and how many of them are in a file. */
  #pushed = 0;
  #written = 0;
  #retry: (() => void) | undefined;
  #pumping: Promise<void> | undefined;
  /** How long writes have held up the program lately, and when the last one ended. */
  #heldMs = 0;
  #heldUntil = 0;
  #msPerByte = 0;
  /** Bytes of the frames that wait. */
  bytes = 0;
  /** Why the disk takes nothing. */
  failure: Error | undefined;
  /** The disk is slow, and is written to beside the program. */
  isSlow = false;

  constructor(setup: WriteQueueSetup) {
    this.#setup = setup;
  }

  /** Whether no frame waits. */
  get isEmpty(): boolean {
    return this.#frames.length === 0;
  }

  /** The files of the frames that wait. */
  get files(): ReadonlySet<SpoolFile> {
    return new Set(this.#frames.map(({ file }) => file));
  }

  push(frame: Unwritten): void {
    this.#frames.push(frame);
    this.#pushed++;
    this.bytes += frame.bytes.length;
  }

  /** Writes marks at once, before all that waits: few of them. */
  writeFirst(marks: Unwritten): void {
    this.#marks.unshift(marks);
    try {
      while (this.#marks[0] === marks) this.#writeSlice(marks);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** The file is gone, and with it the sense of its marks. */
  forget(file: SpoolFile): void {
    const rest = this.#marks.filter((marks) => marks.file !== file);
    this.#marks.splice(0, this.#marks.length, ...rest);
  }

  /** Writes what waits: at once, as long as that does not hold up the program, and the rest beside it. */
  write(): void {
    // What is being written beside the program comes first, and a disk that fails is tried again later.
    if (this.#pumping !== undefined || this.failure !== undefined || this.#next() === undefined) return;
    this.#writeWhile((next) => this.#isQuick(next));
    if (this.failure !== undefined) return;
    this.isSlow = this.#next() !== undefined;
    if (this.isSlow) this.#writeBeside();
  }

  #writeBeside(): void {
    this.#pumping ??= this.#pump().finally(() => {
      this.#pumping = undefined;
      if (this.failure !== undefined) return;
      this.write();
      this.#setup.changed();
    });
  }

  /** Writes everything at once, also what is being written beside the program: it has its place already. */
  writeNow(): void {
    this.#writeWhile(() => true);
  }

  #next(): Unwritten | undefined {
    const [next = this.#marks[0]] = this.#frames;
    if (next !== undefined) return next;
    const marks = this.#setup.marks();
    if (marks !== undefined) this.#marks.push(marks);
    return marks;
  }

  #writeWhile(goesOn: (next: Unwritten) => boolean): void {
    let next = this.#next();
    let isTried = next === undefined;
    try {
      for (; next !== undefined && goesOn(next); next = this.#next()) {
        isTried = true;
        this.#writeSlice(next);
      }
      if (isTried) this.#works();
    } catch (error) {
      this.#failed(error);
    }
  }

  #writeSlice(piece: Unwritten): void {
    const { clock, open } = this.#setup;
    const startedAt = clock.now();
    const { at, bytes, done } = piece;
    const slice = bytes.subarray(done, done + SLICE);
    const taken = some(open(piece).write(slice, at + done));
    const endedAt = clock.now();
    this.#heldMs = this.#heldLately(startedAt) + endedAt - startedAt;
    this.#heldUntil = endedAt;
    this.#took(piece, done + taken, endedAt - startedAt);
  }

  #heldLately(now: number): number {
    return Math.max(0, this.#heldMs - (now - this.#heldUntil));
  }

  /** Whether a slice can be written without holding up the program, as the last writes let expect. */
  #isQuick({ bytes, done }: Unwritten): boolean {
    const length = Math.min(SLICE, bytes.length - done);
    return this.#heldLately(this.#setup.clock.now()) + length * this.#msPerByte <= MOST_HELD_MS;
  }

  /** Resolves when every frame that was pushed before the call is in its file, or the disk fails: whether it is. */
  async written(): Promise<boolean> {
    const upTo = this.#pushed;
    while (this.#written < upTo && this.failure === undefined) {
      this.write();
      await this.#pumping;
    }
    return this.#written >= upTo;
  }

  /** How many events with a higher index wait. */
  eventsAbove(index: number): number {
    let events = 0;
    for (const { bytes } of this.#frames)
      for (const at of entriesOf(bytes, { from: FRAME_HEAD, to: bytes.length }))
        if (bytes.readDoubleLE(at) > index) events++;
    return events;
  }

  /** Writes what waits, as far as the disk takes it. */
  async close(): Promise<void> {
    await this.#pumping;
    this.writeNow();
    this.#retry?.();
  }

  async #pump(): Promise<void> {
    const { clock, open } = this.#setup;
    let longest = 0;
    try {
      for (let next = this.#next(); next !== undefined; next = this.#next()) {
        const startedAt = clock.now();
        const { at, bytes, done } = next;
        const taken = some(await open(next).writeLater(bytes.subarray(done), at + done));
        const took = clock.now() - startedAt;
        longest = Math.max(longest, took);
        this.#took(next, done + taken, took);
      }
      this.isSlow = longest > FAST_MS;
      this.#works();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** So many bytes of a piece are written. */
  #took(piece: Unwritten, done: number, tookMs: number): void {
    const isFrame = piece.lastIndex !== undefined;
    const queue = isFrame ? this.#frames : this.#marks;
    // `writeNow` may have been quicker, or the file be gone.
    if (queue[0] !== piece || done <= piece.done) return;
    // Marks are too few bytes to tell. One that took long since the program was not run meanwhile counts half.
    if (isFrame)
      this.#msPerByte = (this.#msPerByte + Math.max(0, tookMs - ANY_WRITE_MS) / (done - piece.done)) / 2;
    piece.done = done;
    if (done < piece.bytes.length) return;
    queue.shift();
    if (isFrame) {
      this.#written++;
      this.bytes -= piece.bytes.length;
    }
    // A write beside the program may still read it.
    this.#setup.wrote(piece, this.#pumping === undefined);
  }

  #works(): void {
    if (this.failure === undefined) return;
    this.failure = undefined;
    this.#setup.changed();
  }

  #failed(error: unknown): void {
    this.failure = errorOf(error);
    this.#retry ??= this.#setup.clock.after(RETRY_MS, () => {
      this.#retry = undefined;
      // Beside the program: a disk that fails may take long to say so.
      this.#writeBeside();
    });
    this.#setup.changed();
  }
}
