import type { Disk, DiskFile } from "./disk.js";
import { DAMAGED, EVENTS, type LeftFile, leftFiles, MARKS, nameOf } from "./left.js";
import { MarkBuilder, Marks } from "./marks.js";

/** A file of events, and the file of marks beside it. */
export interface SpoolFile {
  /** Rises from file to file, from 1. */
  readonly ordinal: number;
  /** Its name: the index of its first event, or more. */
  readonly first: number;
  /** The bytes of events and of marks that are written. */
  size: number;
  marksSize: number;
  /** So many bytes of events are known to be on the disk. */
  syncedSize: number;
  /** Where the next marks go. */
  marksEnd: number;
  /** Events in it, those that are not written yet included. */
  events: number;
  /** How many of them are not settled; infinite until a file of an earlier program was searched. */
  live: number;
  /** What an earlier program has marked; of a file of this program `undefined`. */
  found: Marks | undefined;
  /** What was settled, and is not written yet. */
  readonly marks: MarkBuilder;
  /** The ids by which a broker is to know events, not written yet. */
  readonly ids: MarkBuilder;
  marksFile?: DiskFile | undefined;
  /** Part of it cannot be read: the file is kept for whoever wants to look. */
  isDamaged: boolean;
}

/** Files with damage that are kept; older ones go. */
const KEPT_DAMAGED = 4;

/** The files of a spool, oldest first. */
export class SpoolFiles {
  readonly #disk: Disk;
  readonly #files = new Map<number, SpoolFile>();
  #ordinals = 0;
  #lastFirst = -1;
  /** Bytes of all files on the disk, of events and marks. */
  bytes = 0;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  get all(): IterableIterator<SpoolFile> {
    return this.#files.values();
  }

  get lastOrdinal(): number {
    return this.#ordinals;
  }

  /** The name of the last file; below 0: there was none. */
  get lastFirst(): number {
    return this.#lastFirst;
  }

  /** Adds the files that earlier programs have left, in order, and removes marks whose events are gone. */
  addEarlier(): void {
    const listed = this.#disk.list();
    const names = new Set(listed.map(({ name }) => name));
    for (const name of names)
      if (name.endsWith(MARKS) && !names.has(name.slice(0, -MARKS.length) + EVENTS))
        quietly(() => this.#disk.remove(name));
    for (const left of leftFiles(this.#disk, listed)) this.add(left.first, left);
  }

  at(ordinal: number): SpoolFile | undefined {
    return this.#files.get(ordinal);
  }

  /** The file after this one. */
  after(ordinal: number): SpoolFile | undefined {
    for (const file of this.#files.values()) if (file.ordinal > ordinal) return file;
    return undefined;
  }

  /** @param found one of an earlier program. Its marks are not read yet. */
  add(first: number, found?: LeftFile): SpoolFile {
    // What is added anew after a failed sync has an index that is older than its file.
    this.#lastFirst = Math.max(first, this.#lastFirst + 1);
    const file: SpoolFile = {
      ordinal: ++this.#ordinals,
      first: this.#lastFirst,
      size: found?.size ?? 0,
      syncedSize: 0,
      marksSize: found?.marksSize ?? 0,
      marksEnd: found?.marksSize ?? 0,
      events: 0,
      live: found === undefined ? 0 : Number.POSITIVE_INFINITY,
      found: found && new Marks(),
      marks: new MarkBuilder(),
      ids: new MarkBuilder(),
      isDamaged: false,
    };
    this.#files.set(file.ordinal, file);
    this.bytes += file.size + file.marksSize;
    return file;
  }

  create({ first }: SpoolFile): DiskFile {
    return this.#disk.create(nameOf(first) + EVENTS);
  }

  open({ first }: Pick<SpoolFile, "first">): DiskFile {
    return this.#disk.open(nameOf(first) + EVENTS);
  }

  openMarks(file: SpoolFile): DiskFile {
    file.marksFile ??= this.#openOrCreate(nameOf(file.first) + MARKS);
    return file.marksFile;
  }

  /** Events or marks were written. */
  grown(file: SpoolFile, of: "size" | "marksSize", bytes: number): void {
    file[of] += bytes;
    if (this.#files.has(file.ordinal)) this.bytes += bytes;
  }

  /** Forgets a file that cannot be read, and leaves it where it is. */
  leave(file: SpoolFile): void {
    if (this.#files.delete(file.ordinal)) this.bytes -= file.size + file.marksSize;
  }

  /** Removes a file of which all events are settled; one with damage is renamed. */
  remove(file: SpoolFile): void {
    if (this.#files.delete(file.ordinal)) this.bytes -= file.size + file.marksSize;
    closeQuietly(file.marksFile);
    const name = nameOf(file.first);
    quietly(() => {
      if (file.isDamaged) this.#disk.rename(name + EVENTS, name + DAMAGED);
      else this.#disk.remove(name + EVENTS);
    });
    // After its events: marks without events say nothing, and are removed at the next start.
    quietly(() => this.#disk.remove(name + MARKS));
    if (file.isDamaged) this.#removeOldDamaged();
  }

  /** An empty one may have been left by an earlier program. */
  #openOrCreate(name: string): DiskFile {
    try {
      return this.#disk.open(name);
    } catch (error) {
      if ((error as { readonly code?: unknown }).code !== "ENOENT") throw error;
      return this.#disk.create(name);
    }
  }

  #removeOldDamaged(): void {
    quietly(() => {
      const damaged = this.#disk.list().filter(({ name }) => name.endsWith(DAMAGED));
      const names = damaged.map(({ name }) => name).sort();
      for (const name of names.slice(0, -KEPT_DAMAGED)) this.#disk.remove(name);
    });
  }
}

/** What cannot be read or removed now costs doubles at most. */
function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // Said above.
  }
}

export const closeQuietly = (file: DiskFile | undefined): void => quietly(() => file?.close());
