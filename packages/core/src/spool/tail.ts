import { type RecordPlace, recordMemory } from "../buffer/record.js";
import type { DiskFile } from "./disk.js";
import { closeQuietly, type SpoolFile, type SpoolFiles } from "./files.js";
import { ENTRY_HEAD, endOfEntry, isIntact } from "./frame.js";
import { FrameScanner } from "./scanner.js";

/** An event as it lies on the disk, valid until the next one is asked for. */
export interface SpooledEvent extends RecordPlace {
  readonly file: number;
  readonly index: number;
  readonly sequence: number;
  /** When it was accepted, in milliseconds since 1970. */
  readonly acceptedAt: number;
  /** The id by which a broker that deduplicates knows it, if it knows it. */
  readonly id: number;
  /** An earlier program accepted it, and may have sent it. */
  readonly isEarlier: boolean;
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

/** Reads the events that are on the disk alone, in order. */
export class TailReader {
  readonly #files: SpoolFiles;
  readonly #lost: (file: SpoolFile, events: number) => void;
  #file: SpoolFile | undefined;
  #open: DiskFile | undefined;
  #scanner: FrameScanner | undefined;
  /** The entries of a frame that are still to be shown. */
  #at = 0;
  #to = 0;
  /** Shown for every event in turn: an object for each would be half of what reading them costs. */
  readonly #event: Mutable<SpooledEvent> = {
    ...{ ...recordMemory(0), record: 0 },
    ...{ file: 0, index: 0, sequence: 0, acceptedAt: 0, id: 0, isEarlier: false },
  };
  /** Events up to this index are no part of the tail. */
  after = 0;
  /** The number of the file in which it begins, or of an earlier one. */
  #from = 0;

  /** @param lost is told of events that cannot be read any more. */
  constructor(files: SpoolFiles, lost: (file: SpoolFile, events: number) => void) {
    this.#files = files;
    this.#lost = lost;
  }

  /** The tail begins after an event, in a file or one behind it. */
  begin(after: number, file: number): void {
    this.close();
    this.after = after;
    this.#from = file;
  }

  /** The next event; `"read"` if more has to be read first; `undefined` if all that is written was read. */
  next(): SpooledEvent | "read" | undefined {
    for (;;) {
      const event = this.#nextEntry();
      if (event !== undefined) return event;
      const scanner = this.#scannerOfFile();
      if (scanner === undefined) return undefined;
      const file = this.#file!;
      const frame = scanner.next(file.size);
      if (frame === "read") return "read";
      if (frame === undefined) {
        const following = this.#files.after(file.ordinal);
        if (following === undefined || following.size === 0) return undefined;
        this.#close();
        this.#file = following;
        continue;
      }
      const { source } = scanner.memory;
      if (isIntact(source, frame)) {
        this.#at = frame.from;
        this.#to = frame.to;
      }
      // Every tail begins with a frame. The events of an earlier frame are in memory.
      else if (file.found === undefined && frame.first > this.after) this.#lost(file, frame.count);
    }
  }

  /** Reads more, without holding the event loop. */
  async readLater(): Promise<void> {
    if (this.#file !== undefined) await this.#scanner?.readLater(this.#file.size);
  }

  read(): void {
    if (this.#file !== undefined) this.#scanner?.read(this.#file.size);
  }

  close(): void {
    this.#close();
    this.#file = undefined;
  }

  #nextEntry(): SpooledEvent | undefined {
    const file = this.#file;
    const memory = this.#scanner?.memory;
    if (file === undefined || memory === undefined) return undefined;
    const { source, words } = memory;
    while (this.#at < this.#to) {
      const at = this.#at;
      this.#at = endOfEntry(source, at);
      const index = source.readDoubleLE(at);
      // What an earlier program has added anew, after a failed sync, comes behind later events.
      if (file.found === undefined ? index <= this.after : file.found.isSettled(index)) continue;
      this.after = Math.max(this.after, index);
      const event = this.#event;
      event.source = source;
      event.words = words;
      event.record = at + ENTRY_HEAD;
      event.file = file.ordinal;
      event.index = index;
      event.sequence = source.readDoubleLE(at + 8);
      event.acceptedAt = source.readDoubleLE(at + 16);
      event.id = file.found?.idOf(index) || index;
      event.isEarlier = file.found !== undefined;
      return event;
    }
    return undefined;
  }

  #scannerOfFile(): FrameScanner | undefined {
    if (this.#scanner !== undefined) return this.#scanner;
    this.#file ??= this.#files.after(this.#from - 1);
    if (this.#file === undefined || this.#file.size === 0) return undefined;
    this.#open = this.#files.open(this.#file);
    this.#scanner = new FrameScanner(this.#open);
    return this.#scanner;
  }

  #close(): void {
    closeQuietly(this.#open);
    this.#open = undefined;
    this.#scanner = undefined;
    this.#to = 0;
  }
}
