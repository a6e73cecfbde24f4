import type { RecordPlace } from "../buffer/record.js";
import type { Clock } from "../delivery/clock.js";
import type { Disk, DiskFile } from "./disk.js";
import { closeQuietly, type SpoolFile, type SpoolFiles } from "./files.js";
import { ENTRY_HEAD, FRAME_HEAD, FrameBuilder } from "./frame.js";
import { rewrite } from "./rewrite.js";
import { type Fsync, Syncing } from "./syncing.js";
import { type Unwritten, WriteQueue } from "./write-queue.js";

export interface WriterSetup {
  readonly disk: Disk;
  readonly files: SpoolFiles;
  readonly clock: Clock;
  readonly fsync: Fsync;
  /** A file is full at this size, in bytes. */
  readonly fileBytes: number;
  /** Whether the disk takes more, or another reason why it does not, may have changed. */
  changed(): void;
  /** The disk did not keep the events of the file but these: the others are to be added anew, as far as memory has them. */
  unsynced(file: SpoolFile, kept: ReadonlySet<number>): void;
}

/** So much waits for a slow disk at most, in bytes. */
const MOST_UNWRITTEN = 8 * 1024 * 1024;
/** A smaller one is given back if all of it is settled after so long. */
const IDLE_MS = 1000;
const MARKS_AT_ONCE = 32 * 1024;
/** The current file is given back early if all of it is settled, so that most of it never reaches the disk. */
const WORTH_REMOVING = 4 * 1024 * 1024;

/** Writes events to files: those of one turn of the event loop, or 64 KiB of them, at once. */
export class SpoolWriter {
  readonly #setup: WriterSetup;
  readonly #frame = new FrameBuilder();
  readonly #queue: WriteQueue;
  #current: SpoolFile | undefined;
  /** Where the next frame goes in the current file, and how many events are in it before. */
  #nextAt = 0;
  #lastIndex = 0;
  #writtenTo = 0;
  readonly #open = new Map<SpoolFile, DiskFile>();
  readonly #marked = new Set<SpoolFile>();
  readonly #syncing: Syncing;
  #turn: (() => void) | undefined;
  #idle: (() => void) | undefined;

  constructor(setup: WriterSetup) {
    this.#setup = setup;
    const { disk, clock, fsync } = setup;
    this.#queue = new WriteQueue({
      clock,
      open: (piece) => this.#fileOf(piece),
      wrote: (piece, isFree) => this.#wrote(piece, isFree),
      marks: () => this.#nextMarks(),
      changed: () => setup.changed(),
    });
    this.#syncing = new Syncing({
      disk,
      clock,
      fsync,
      openOf: (file) => this.#open.get(file),
      writeAgain: (file) => this.#writeAgain(file),
      ended: () => this.#closeFull(),
      changed: () => setup.changed(),
    });
  }

  /** Why the disk takes nothing, or keeps nothing. */
  get failure(): Error | undefined {
    return this.#queue.failure ?? this.#syncing.failure;
  }

  /** The disk is slow, and is written to beside the program. */
  get isSlow(): boolean {
    return this.#queue.isSlow;
  }

  /** Bytes that are not written. */
  get unwrittenBytes(): number {
    return this.#queue.bytes + this.#frame.bytes;
  }

  /** Every event up to this index is in a file. */
  get writtenTo(): number {
    return this.#frame.count === 0 && this.#queue.isEmpty ? Number.POSITIVE_INFINITY : this.#writtenTo;
  }

  /** Whether the disk takes more now. */
  get isWilling(): boolean {
    return this.failure === undefined && this.unwrittenBytes < MOST_UNWRITTEN;
  }

  /** Adds an event, and returns its file. Indices rise. */
  add(index: number, sequence: number, wallTime: number, place: RecordPlace, length: number): SpoolFile {
    if (!this.#frame.fits(length)) this.write();
    if (this.#frame.count === 0) this.#beginFrame(index);
    const file = this.#current!;
    this.#frame.add(index, sequence, wallTime, place, length);
    this.#lastIndex = index;
    file.events++;
    file.live++;
    this.#writeThisTurn();
    return file;
  }

  /** A file has marks to write. */
  marked(file: SpoolFile): void {
    this.#marked.add(file);
    this.#writeThisTurn();
  }

  /** Writes at once by which ids the broker is to know events. */
  writeIds(): void {
    for (const file of this.#marked) {
      const bytes = file.ids.take();
      if (bytes.length > 0) this.#queue.writeFirst(marksAt(file, bytes));
    }
  }

  /** Writes what waits: at once, or beside the program where the disk is slow. */
  write(): void {
    this.#seal();
    this.#queue.write();
  }

  /** Writes everything at once, also what is being written beside the program: it has its place already. */
  writeNow(): void {
    this.#seal();
    this.#queue.writeNow();
  }

  /** Resolves when every event added so far is in a file, with `fsync: "always"` on the disk. Rejects when the disk fails. */
  async written(): Promise<void> {
    this.write();
    await this.#queue.written();
    if (this.#setup.fsync === "always" && this.failure === undefined) await this.#syncing.all();
    if (this.failure !== undefined) throw this.failure;
  }

  /** How many events with a higher index are in no file. */
  unwrittenAbove(index: number): number {
    return this.#queue.eventsAbove(index);
  }

  /** Ends the current file: no more is added to it. */
  endFile(): void {
    this.#seal();
    if (this.#current === undefined) return;
    this.#push(this.#frame.seal(this.#current.events), this.#lastIndex);
    this.#current = undefined;
  }

  /** All events of a file are settled. */
  emptied(file: SpoolFile): void {
    if (file === this.#current) {
      if (file.size < WORTH_REMOVING) {
        this.#idle ??= this.#setup.clock.after(IDLE_MS, () => this.#removeIdle());
        return;
      }
      if (this.unwrittenBytes > 0) return;
      this.#current = undefined;
    }
    // A frame of it that is not written yet makes it anew.
    if (this.#queue.files.has(file)) return;
    this.#forget(file);
    this.#setup.files.remove(file);
    this.#setup.changed();
  }

  /** Writes everything, also to the disk, and closes all files. */
  async close(): Promise<void> {
    this.endFile();
    await this.#queue.close();
    this.#turn?.();
    this.#idle?.();
    await this.#syncing.all();
    await this.#syncing.close();
    for (const file of this.#open.values()) closeQuietly(file);
    for (const file of this.#setup.files.all) closeQuietly(file.marksFile);
  }

  #removeIdle(): void {
    this.#idle = undefined;
    const file = this.#current;
    if (file?.live !== 0 || this.unwrittenBytes > 0) return;
    this.#current = undefined;
    this.emptied(file);
  }

  #writeThisTurn(): void {
    this.#turn ??= this.#setup.clock.afterPoll(() => {
      this.#turn = undefined;
      this.write();
    });
  }

  #beginFrame(index: number): void {
    const current = this.#current;
    if (current !== undefined && this.#nextAt < this.#setup.fileBytes) return;
    if (current !== undefined) this.endFile();
    this.#current = this.#setup.files.add(index);
    this.#nextAt = 0;
    if (current?.live === 0) this.emptied(current);
  }

  #seal(): void {
    const { count } = this.#frame;
    if (count > 0) this.#push(this.#frame.seal(this.#current!.events - count), this.#lastIndex);
  }

  #push(bytes: Buffer, lastIndex: number): void {
    this.#queue.push({ file: this.#current!, at: this.#nextAt, bytes, lastIndex, done: 0 });
    this.#nextAt += bytes.length;
  }

  #fileOf({ file, lastIndex }: Unwritten): DiskFile {
    if (lastIndex === undefined) return this.#setup.files.openMarks(file);
    const open = this.#open.get(file) ?? this.#setup.files.create(file);
    this.#open.set(file, open);
    return open;
  }

  #wrote({ file, bytes, lastIndex }: Unwritten, isFree: boolean): void {
    if (lastIndex === undefined) return this.#setup.files.grown(file, "marksSize", bytes.length);
    // What is written anew has an older index.
    this.#writtenTo = Math.max(this.#writtenTo, lastIndex);
    if (isFree) this.#frame.recycle(bytes);
    this.#setup.files.grown(file, "size", bytes.length);
    this.#syncing.wrote(file);
    if (this.#setup.fsync === "never") this.#closeFull();
    if (file.live === 0) this.emptied(file);
  }

  #nextMarks(): Unwritten | undefined {
    for (const file of this.#marked) {
      for (const marks of [file.ids, file.marks]) {
        const bytes = marks.take(MARKS_AT_ONCE);
        if (bytes.length > 0) return marksAt(file, bytes);
      }
      this.#marked.delete(file);
    }
    return undefined;
  }

  async #writeAgain(file: SpoolFile): Promise<void> {
    if (file === this.#current) this.endFile();
    await this.#inFiles();
    const open = this.#open.get(file);
    if (open === undefined) return;
    this.#setup.unsynced(file, await rewrite(open, file.syncedSize, file.size));
    await this.#inFiles();
  }

  async #inFiles(): Promise<void> {
    this.write();
    if (!(await this.#queue.written())) throw this.#queue.failure;
  }

  /** Files that take no more events need not stay open. */
  #closeFull(): void {
    const waiting = this.#queue.files;
    for (const [file, open] of this.#open) {
      if (file === this.#current || this.#syncing.has(file) || waiting.has(file)) continue;
      this.#open.delete(file);
      closeQuietly(open);
    }
  }

  #forget(file: SpoolFile): void {
    closeQuietly(this.#open.get(file));
    this.#open.delete(file);
    this.#syncing.forget(file);
    this.#marked.delete(file);
    this.#queue.forget(file);
  }
}

/** Marks have their place as soon as they are taken, whatever is written first. */
function marksAt(file: SpoolFile, bytes: Buffer): Unwritten {
  const at = file.marksEnd;
  file.marksEnd += bytes.length;
  return { file, at, bytes, done: 0 };
}

/** What an event takes on the disk beside its record, at most. */
export const SPOOL_OVERHEAD = ENTRY_HEAD + FRAME_HEAD;
