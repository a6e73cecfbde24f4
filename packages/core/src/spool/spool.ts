import { lengthOf, type RecordPlace } from "../buffer/record.js";
import type { Clock } from "../delivery/clock.js";
import type { Disk } from "./disk.js";
import { EarlierSync } from "./earlier-sync.js";
import { closeQuietly, type SpoolFile, SpoolFiles } from "./files.js";
import { isOfTooManyFiles, marksOf } from "./left.js";
import { searchFile } from "./search.js";
import type { Fsync } from "./syncing.js";
import { type SpooledEvent, TailReader } from "./tail.js";
import { SPOOL_OVERHEAD, SpoolWriter } from "./writer.js";

export type { Disk, DiskFile } from "./disk.js";
export type { Fsync } from "./syncing.js";
export type { SpooledEvent } from "./tail.js";

export interface SpoolLimits {
  /** Of all files together. */
  readonly maxBytes: number;
  readonly fsync: Fsync;
}

/** What is wrong with a file of an earlier program. */
export interface Damage {
  readonly file: number;
  /** Events that are lost. With 0, only what was being written was cut. */
  readonly events: number;
  /** At its end, of what was being written. */
  readonly bytes: number;
}

export interface SpoolSetup {
  readonly disk: Disk;
  readonly limits: SpoolLimits;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  wallTime(): number;
  /** There may be room again, or the disk has begun to fail. */
  changed(): void;
  damaged(damage: Damage): void;
  /** A file of an earlier program cannot be read, and stays where it is. */
  unreadable(file: number, error: unknown): void;
  /** Of what was not synced in a file, the disk kept these events alone: the others of memory are to be added again. */
  unsynced(file: number, kept: ReadonlySet<number>): void;
}

const FILE_BYTES = 16 * 1024 * 1024;
/** More than the events of one file: the indices of two programs do not meet, even if a file was cut or a clock set back. */
const BETWEEN_PROGRAMS = 2 ** 24;
const SEARCH_AGAIN_MS = 1000;

/**
 * A folder of files that holds every accepted event until it is settled. Each event has an index, which rises with the
 * order of acceptance, across programs.
 */
export class Spool {
  readonly #setup: SpoolSetup;
  readonly #files: SpoolFiles;
  readonly #writer: SpoolWriter;
  readonly #tail: TailReader;
  readonly #earlierSync: EarlierSync;
  /** What the index of an event that this program accepts is above its order. */
  readonly firstIndex: number;
  /** Whether earlier programs have left files. */
  readonly hasEarlier: boolean;
  readonly #unwatch: () => void;
  #isClosed = false;

  /** @throws what the file system answers. */
  constructor(setup: SpoolSetup) {
    const { disk, limits, clock } = setup;
    this.#setup = setup;
    this.#files = new SpoolFiles(disk);
    this.#files.addEarlier();
    this.hasEarlier = this.#files.lastOrdinal > 0;
    const last = Math.max(0, this.#files.lastFirst);
    this.firstIndex = Math.max(Math.floor(setup.wallTime()) * 1000, last + BETWEEN_PROGRAMS);
    this.#writer = new SpoolWriter({
      disk,
      files: this.#files,
      clock,
      fsync: limits.fsync,
      fileBytes: Math.min(FILE_BYTES, Math.ceil(limits.maxBytes / 8)),
      changed: () => setup.changed(),
      unsynced: (file, kept) => this.#unsynced(file, kept),
    });
    this.#tail = new TailReader(this.#files, (file, events) => this.#lost(file, events));
    this.#earlierSync = new EarlierSync({ disk, clock, files: this.#files });
    // What was settled in the turn in which the process ends is not sent again.
    this.#unwatch = clock.atExit(() => void this.#writer.writeNow());
  }

  /** Bytes that it takes on the disk, those that are not written yet included. */
  get bytes(): number {
    return this.#files.bytes + this.#writer.unwrittenBytes;
  }

  get unwrittenBytes(): number {
    return this.#writer.unwrittenBytes;
  }

  /** Why the disk takes nothing. */
  get failure(): Error | undefined {
    return this.#writer.failure;
  }

  get isSlow(): boolean {
    return this.#writer.isSlow;
  }

  /** Whether an event whose record has at most so many bytes is taken now. */
  takes(bytes: number): boolean {
    return this.#writer.isWilling && this.hasRoomFor(bytes);
  }

  /** As {@link takes}, however much of a slow disk is not written yet. */
  hasRoomFor(bytes: number): boolean {
    const { maxBytes } = this.#setup.limits;
    return this.failure === undefined && this.bytes + bytes + SPOOL_OVERHEAD <= maxBytes;
  }

  /** Whether the disk itself takes more, whatever `maxBytes` says. */
  get isWilling(): boolean {
    return this.#writer.isWilling;
  }

  /** How many events of at most so many bytes it takes beside `others`, in bytes. */
  room(bytes: number, others = 0): number {
    const left = this.#setup.limits.maxBytes - this.bytes - others;
    return this.#writer.isWilling ? Math.max(0, Math.floor(left / (bytes + SPOOL_OVERHEAD))) : 0;
  }

  /** Searches what earlier programs have left, and returns how many events that is. Before it, none is read. */
  async search(): Promise<number> {
    let found = 0;
    for (const file of [...this.#files.all])
      if (file.found !== undefined) found += await this.#searchFile(file);
    if (found > 0 && this.#setup.limits.fsync !== "never") void this.#earlierSync.begin();
    return found;
  }

  /**
   * Adds an event, which is written in this turn of the event loop. Returns the number of its file.
   *
   * @param ageMs how long ago it was accepted.
   */
  add(index: number, sequence: number, place: RecordPlace, ageMs = 0): number {
    const acceptedAt = this.#setup.wallTime() - ageMs;
    return this.#writer.add(index, sequence, acceptedAt, place, lengthOf(place)).ordinal;
  }

  /** The event needs not be kept any more. */
  settled(file: number, index: number): void {
    const at = this.#files.at(file);
    if (at === undefined) return;
    at.live--;
    at.marks.settled(index);
    if (at.live === 0) this.#writer.emptied(at);
    if (this.#files.at(file) !== undefined) this.#writer.marked(at);
  }

  /** As {@link settled} for the next program alone: the event is still to be read by this one, or will be settled. */
  markSettled(file: number, index: number): void {
    const at = this.#files.at(file);
    if (at === undefined) return;
    at.marks.settled(index);
    this.#writer.marked(at);
  }

  /** The broker will know the event by this id. */
  numbered(file: number, index: number, id: number): void {
    const at = this.#files.at(file);
    if (at === undefined) return;
    at.ids.numbered(index, id);
    this.#writer.marked(at);
  }

  /** Writes the ids that were told to {@link numbered} at once, as far as the disk works, and nothing else. */
  writeIds(): void {
    this.#writer.writeIds();
  }

  /** Writes what waits at once. */
  writeNow(): void {
    this.#writer.writeNow();
  }

  /** Writes what waits, beside the program where the disk is slow. */
  write(): void {
    this.#writer.write();
  }

  /** Every event up to this index is in a file. */
  get writtenTo(): number {
    return this.#writer.writtenTo;
  }

  /** How many events that are on the disk alone are not written yet. */
  get unwrittenTail(): number {
    return this.#writer.unwrittenAbove(this.#tail.after);
  }

  /** Resolves when what was added is in a file, with `fsync: "always"` on the disk. Rejects where the disk fails. */
  written(): Promise<void> {
    return this.#writer.written();
  }

  /** Events from the next one on are read back by {@link next}; those up to `index` are in memory. */
  beginTail(index: number): void {
    this.#writer.write();
    const { lastOrdinal } = this.#files;
    // What earlier programs have left is in memory by then.
    const isEarlier = this.#files.at(lastOrdinal)?.found !== undefined;
    this.#tail.begin(index, isEarlier ? lastOrdinal + 1 : lastOrdinal);
  }

  /** The next event of the tail, as {@link TailReader.next}. */
  next(): SpooledEvent | "read" | undefined {
    return this.#tail.next();
  }

  /** Reads more of the tail, without holding the event loop. */
  readLater(): Promise<void> {
    return this.#tail.readLater();
  }

  /** Reads more of the tail at once. */
  read(): void {
    this.#tail.read();
  }

  /** Writes everything and closes all files. Those without an unsettled event are removed. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#unwatch();
    this.#tail.close();
    this.#earlierSync.close();
    await this.#writer.close();
    for (const file of [...this.#files.all]) if (file.live === 0) this.#files.remove(file);
  }

  async #searchFile(file: SpoolFile): Promise<number> {
    const { disk, clock, damaged, unreadable } = this.#setup;
    for (;;) {
      try {
        const marks = await marksOf(disk, file);
        file.found = marks;
        const open = this.#files.open(file);
        const found = await searchFile(open, file.size, marks).finally(() => closeQuietly(open));
        // It may be another program's by now.
        if (this.#isClosed) return 0;
        const { readable, unreadable: events, cutBytes: bytes } = found;
        file.live = readable;
        file.isDamaged = events > 0;
        if (events > 0 || bytes > 0) damaged({ file: file.first, events, bytes });
        if (readable === 0) this.#files.remove(file);
        return readable;
      } catch (error) {
        if (!isOfTooManyFiles(error)) {
          this.#files.leave(file);
          unreadable(file.first, error);
          return 0;
        }
        await new Promise<void>((resolve) => clock.after(SEARCH_AGAIN_MS, resolve));
      }
    }
  }

  #lost(file: SpoolFile, events: number): void {
    file.live -= events;
    file.isDamaged = true;
    if (file.live === 0) this.#writer.emptied(file);
  }

  #unsynced(file: SpoolFile, kept: ReadonlySet<number>): void {
    this.#setup.unsynced(file.ordinal, kept);
    this.#setup.changed();
  }
}
