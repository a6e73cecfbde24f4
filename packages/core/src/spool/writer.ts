import type { RecordPlace } from "../buffer/record.js";
import type { Clock } from "../delivery/clock.js";
import { textOf } from "../error-text.js";
import { isError } from "../realm.js";
import type { Disk, DiskFile } from "./disk.js";
import { closeQuietly, type SpoolFile, type SpoolFiles } from "./files.js";
import { ENTRY_HEAD, FRAME_HEAD, FrameBuilder } from "./frame.js";

export type Fsync = "always" | "interval" | "never";

export interface WriterSetup {
  readonly disk: Disk;
  readonly files: SpoolFiles;
  readonly clock: Clock;
  readonly fsync: Fsync;
  /** A file is full at this size, in bytes. */
  readonly fileBytes: number;
  /** Whether the disk takes more, or another reason why it does not, may have changed. */
  changed(): void;
  /** The disk could not be made to keep what was written to the file: what of it is still known is to be added anew. */
  unsynced(file: SpoolFile): void;
}

/** A write that takes longer holds up the program: what follows is written beside it. In milliseconds. */
const SLOW_MS = 20;
const SYNC_MS = 1000;
const RETRY_MS = 1000;
/** So much waits for a slow disk at most, in bytes. */
const MOST_UNWRITTEN = 8 * 1024 * 1024;
/** The current file is given back early if all of it is settled, so that most of it never reaches the disk. */
const WORTH_REMOVING = 4 * 1024 * 1024;

/** A frame that is not written yet, and its place. */
interface Unwritten {
  readonly file: SpoolFile;
  readonly at: number;
  readonly bytes: Buffer;
  readonly lastIndex: number;
}

/** Writes events to files: those of one turn of the event loop, or 64 KiB of them, at once. */
export class SpoolWriter {
  readonly #setup: WriterSetup;
  readonly #frame = new FrameBuilder();
  readonly #queue: Unwritten[] = [];
  #queuedBytes = 0;
  #current: SpoolFile | undefined;
  /** Where the next frame goes in the current file, and how many events are in it before. */
  #nextAt = 0;
  #lastIndex = 0;
  #writtenTo = 0;
  readonly #open = new Map<SpoolFile, DiskFile>();
  readonly #marked = new Set<SpoolFile>();
  readonly #unsynced = new Set<SpoolFile>();
  #turn: (() => void) | undefined;
  #retry: (() => void) | undefined;
  #syncTimer: (() => void) | undefined;
  #syncing: Promise<void> | undefined;
  #pumping: Promise<void> | undefined;
  /** Why the disk takes nothing. */
  failure: Error | undefined;
  /** The disk is slow, and is written to beside the program. */
  isSlow = false;

  constructor(setup: WriterSetup) {
    this.#setup = setup;
  }

  /** Bytes that are not written. */
  get unwrittenBytes(): number {
    return this.#queuedBytes + this.#frame.bytes;
  }

  /** Every event up to this index is in a file. */
  get writtenTo(): number {
    return this.#frame.count === 0 && this.#queue.length === 0 ? Number.POSITIVE_INFINITY : this.#writtenTo;
  }

  /** Whether the disk takes more now. */
  get isWilling(): boolean {
    return this.failure === undefined && this.unwrittenBytes < MOST_UNWRITTEN;
  }

  /** Adds an event, and returns its file. Indices rise. */
  add(index: number, sequence: number, wallTime: number, place: RecordPlace, length: number): SpoolFile {
    if (!this.#frame.fits(length)) {
      this.#seal();
      this.#write();
    }
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

  /** Writes what waits: at once, or beside the program where the disk is slow. */
  write(): void {
    this.#seal();
    this.#write();
  }

  /** Writes everything at once, also what is being written beside the program: it has its place already. */
  writeNow(): void {
    this.#seal();
    this.#writeQueue();
  }

  /** The next event begins a frame. Returns whether everything before it is written. */
  cut(): boolean {
    this.write();
    return this.#queue.length === 0;
  }

  /** Resolves when every event added so far is in a file, with `fsync: "always"` on the disk. Rejects when the disk fails. */
  async written(): Promise<void> {
    this.write();
    await this.#pumping;
    if (this.failure !== undefined) throw this.failure;
    if (this.#setup.fsync === "always") while (this.#unsynced.size > 0) await this.#sync();
    if (this.failure !== undefined) throw this.failure;
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
      if (file.size < WORTH_REMOVING || this.unwrittenBytes > 0) return;
      this.#current = undefined;
    }
    // A frame of it that is not written yet makes it anew.
    if (this.#queue.some((one) => one.file === file)) return;
    this.#forget(file);
    this.#setup.files.remove(file);
    this.#setup.changed();
  }

  /** Writes everything, also to the disk, and closes all files. */
  async close(): Promise<void> {
    this.#turn?.();
    this.endFile();
    await this.#pumping;
    this.writeNow();
    for (const cancel of [this.#turn, this.#retry, this.#syncTimer]) cancel?.();
    await this.#sync();
    for (const file of this.#open.values()) closeQuietly(file);
    for (const file of this.#setup.files.all) closeQuietly(file.marksFile);
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
    this.#queue.push({ file: this.#current!, at: this.#nextAt, bytes, lastIndex });
    this.#nextAt += bytes.length;
    this.#queuedBytes += bytes.length;
  }

  #write(): void {
    if (!this.isSlow) return this.#writeQueue();
    if (this.failure === undefined) this.#pumping ??= this.#pump();
  }

  #writeQueue(): void {
    try {
      for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
        const startedAt = this.#setup.clock.now();
        const file = this.#fileOf(next);
        writeWhole(next, (bytes, at) => file.write(bytes, at));
        this.#wrote(next);
        if (this.#setup.clock.now() - startedAt > SLOW_MS) this.isSlow = true;
      }
      this.#writeMarks();
      this.#works();
    } catch (error) {
      this.#failed(error);
    }
  }

  async #pump(): Promise<void> {
    let longest = 0;
    try {
      for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
        const startedAt = this.#setup.clock.now();
        const file = this.#fileOf(next);
        for (let done = 0; done < next.bytes.length; ) {
          const taken = await file.writeLater(next.bytes.subarray(done), next.at + done);
          if (taken === 0) throw new Error("the file system took nothing");
          done += taken;
        }
        longest = Math.max(longest, this.#setup.clock.now() - startedAt);
        // `writeNow` may have been quicker.
        if (this.#queue[0] === next) this.#wrote(next);
      }
      this.#works();
      this.isSlow = longest > SLOW_MS / 4;
      this.#writeMarks();
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#pumping = undefined;
    }
  }

  #fileOf({ file }: Unwritten): DiskFile {
    const open = this.#open.get(file) ?? this.#setup.files.create(file);
    this.#open.set(file, open);
    return open;
  }

  #wrote({ file, bytes, lastIndex }: Unwritten): void {
    this.#queue.shift();
    this.#queuedBytes -= bytes.length;
    this.#writtenTo = lastIndex;
    // A write beside the program may still read it.
    if (this.#pumping === undefined) this.#frame.recycle(bytes);
    this.#setup.files.grown(file, bytes.length);
    this.#unsynced.add(file);
    this.#syncSoon();
    if (file.live === 0 && file !== this.#current) this.emptied(file);
  }

  #writeMarks(): void {
    // A mark whose event is not in the file would say nothing of another.
    for (const file of this.#marked) this.#setup.files.writeMarks(file);
    this.#marked.clear();
  }

  #works(): void {
    if (this.failure === undefined) return;
    this.failure = undefined;
    this.#setup.changed();
  }

  #failed(error: unknown): void {
    this.failure = isError(error) ? error : new Error(textOf(error));
    this.#retry ??= this.#setup.clock.after(RETRY_MS, () => {
      this.#retry = undefined;
      this.#writeQueue();
    });
    this.#setup.changed();
  }

  #syncSoon(): void {
    const { fsync, clock } = this.#setup;
    if (fsync === "never") return this.#closeFull();
    if (fsync === "always") this.#syncing ??= this.#sync();
    else
      this.#syncTimer ??= clock.after(SYNC_MS, () => {
        this.#syncTimer = undefined;
        void this.#sync();
      });
  }

  #sync(): Promise<void> {
    this.#syncing ??= this.#syncFiles().finally(() => {
      this.#syncing = undefined;
    });
    return this.#syncing;
  }

  async #syncFiles(): Promise<void> {
    const { fsync, disk } = this.#setup;
    do {
      const files = [...this.#unsynced];
      this.#unsynced.clear();
      for (const file of files) {
        try {
          await this.#open.get(file)?.sync();
        } catch {
          // Removed meanwhile, or failed: asked again, the operating system could say that all is well.
          if (this.#open.has(file)) this.#lostSync(file);
        }
      }
      await disk.syncFolder().catch(() => {});
      this.#closeFull();
    } while (fsync === "always" && this.#unsynced.size > 0 && this.failure === undefined);
  }

  #lostSync(file: SpoolFile): void {
    if (file === this.#current) this.endFile();
    this.#setup.unsynced(file);
  }

  /** Files that take no more events need not stay open. */
  #closeFull(): void {
    const waiting = new Set(this.#queue.map(({ file }) => file));
    for (const [file, open] of this.#open) {
      if (file === this.#current || this.#unsynced.has(file) || waiting.has(file)) continue;
      this.#open.delete(file);
      closeQuietly(open);
    }
  }

  #forget(file: SpoolFile): void {
    closeQuietly(this.#open.get(file));
    this.#open.delete(file);
    this.#unsynced.delete(file);
    this.#marked.delete(file);
  }
}

function writeWhole({ bytes, at }: Unwritten, write: (bytes: Buffer, at: number) => number): void {
  for (let done = 0; done < bytes.length; ) {
    const taken = write(bytes.subarray(done), at + done);
    if (taken === 0) throw new Error("the file system took nothing");
    done += taken;
  }
}

/** What an event takes on the disk beside its record, at most. */
export const SPOOL_OVERHEAD = ENTRY_HEAD + FRAME_HEAD;
