import type { Clock } from "../delivery/clock.js";
import { errorOf } from "../error-text.js";
import type { DiskFile } from "./disk.js";
import type { SpoolFile } from "./files.js";
import { FRAME_HEAD } from "./frame.js";
import { entriesOf } from "./search.js";

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

/** A frame that is not written yet, and its place. */
export interface Unwritten {
  readonly file: SpoolFile;
  readonly at: number;
  readonly bytes: Buffer;
  readonly lastIndex: number;
}

export interface WriteQueueSetup {
  readonly clock: Clock;
  open(file: SpoolFile): DiskFile;
  /** A frame is in its file. `isFree`: nothing reads its memory any more. */
  wrote(frame: Unwritten, isFree: boolean): void;
  /** All frames are in their files. */
  wroteAll(): void;
  /** The disk takes more than before, or begins to fail. */
  changed(): void;
}

/** Frames on their way to the disk: written in the program while the disk is fast, and else beside it, in order. */
export class WriteQueue {
  readonly #setup: WriteQueueSetup;
  readonly #frames: Unwritten[] = [];
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

  /** Writes what waits: at once, as long as that does not hold up the program, and the rest beside it. */
  write(): void {
    // What is being written beside the program comes first, and a disk that fails is tried again later.
    if (this.#pumping !== undefined || this.failure !== undefined) return;
    this.#writeWhile((next) => this.#isQuick(next));
    if (this.isEmpty || this.failure !== undefined) return;
    this.isSlow = true;
    this.#writeBeside();
  }

  #writeBeside(): void {
    this.#pumping ??= this.#pump().finally(() => {
      this.#pumping = undefined;
      if (this.failure !== undefined) return;
      if (!this.isEmpty) this.write();
      this.#setup.changed();
    });
  }

  /** Writes everything at once, also what is being written beside the program: it has its place already. */
  writeNow(): void {
    this.#writeWhile(() => true);
  }

  #writeWhile(goesOn: (next: Unwritten) => boolean): void {
    const { clock, open, wroteAll } = this.#setup;
    let isTried = this.isEmpty;
    try {
      for (let next = this.#frames[0]; next !== undefined && goesOn(next); next = this.#frames[0]) {
        isTried = true;
        const startedAt = clock.now();
        const file = open(next.file);
        for (let done = 0; done < next.bytes.length; )
          done += some(file.write(next.bytes.subarray(done), next.at + done));
        const endedAt = clock.now();
        this.#heldMs = this.#heldLately(startedAt) + endedAt - startedAt;
        this.#heldUntil = endedAt;
        this.#wrote(next, endedAt - startedAt);
      }
      if (this.isEmpty) wroteAll();
      if (isTried) this.#works();
    } catch (error) {
      this.#failed(error);
    }
  }

  #heldLately(now: number): number {
    return Math.max(0, this.#heldMs - (now - this.#heldUntil));
  }

  /** Whether the frame can be written without holding up the program, as the last writes let expect. */
  #isQuick({ bytes }: Unwritten): boolean {
    return this.#heldLately(this.#setup.clock.now()) + bytes.length * this.#msPerByte <= MOST_HELD_MS;
  }

  /** Resolves when every frame that was pushed before the call is in its file, or the disk fails. */
  async written(): Promise<void> {
    const upTo = this.#pushed;
    while (this.#written < upTo && this.failure === undefined) {
      this.write();
      await this.#pumping;
    }
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
    const { clock, open, wroteAll } = this.#setup;
    let longest = 0;
    try {
      for (let next = this.#frames[0]; next !== undefined; next = this.#frames[0]) {
        const startedAt = clock.now();
        const file = open(next.file);
        for (let done = 0; done < next.bytes.length; )
          done += some(await file.writeLater(next.bytes.subarray(done), next.at + done));
        const took = clock.now() - startedAt;
        longest = Math.max(longest, took);
        // `writeNow` may have been quicker.
        if (this.#frames[0] === next) this.#wrote(next, took);
      }
      this.isSlow = longest > FAST_MS;
      wroteAll();
      this.#works();
    } catch (error) {
      this.#failed(error);
    }
  }

  #wrote(frame: Unwritten, tookMs: number): void {
    // One that took long since the program was not run meanwhile counts half.
    this.#msPerByte = (this.#msPerByte + Math.max(0, tookMs - ANY_WRITE_MS) / frame.bytes.length) / 2;
    this.#frames.shift();
    this.#written++;
    this.bytes -= frame.bytes.length;
    // A write beside the program may still read it.
    this.#setup.wrote(frame, this.#pumping === undefined);
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

function some(taken: number): number {
  if (taken === 0) throw new Error("the file system took nothing");
  return taken;
}
