import type { Clock } from "../delivery/clock.js";
import { errorOf } from "../error-text.js";
import type { Disk, DiskFile } from "./disk.js";
import type { SpoolFile } from "./files.js";

/** When the operating system is told to write to the disk: after each write, every second, or never. */
export type Fsync = "always" | "interval" | "never";

export interface SyncingSetup {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly fsync: Fsync;
  /** The file, if it is open: one that is not was removed. */
  openOf(file: SpoolFile): DiskFile | undefined;
  /** Writes again what of the file is not synced: asked for a second sync alone, the system could say that all is well. */
  writeAgain(file: SpoolFile): Promise<void>;
  /** What was written may be on the disk. */
  ended(): void;
  /** The disk begins or ceases to fail. */
  changed(): void;
}

const SYNC_MS = 1000;
const RETRY_MS = 1000;

/** Makes the operating system write to the disk what it was given. */
export class Syncing {
  readonly #setup: SyncingSetup;
  readonly #unsynced = new Set<SpoolFile>();
  /** Files whose last sync failed, and that were not written again since. */
  readonly #failing = new Set<SpoolFile>();
  /** Frames that were written, and how many of them are on the disk. */
  #written = 0;
  #synced = 0;
  #timer: (() => void) | undefined;
  #round: Promise<void> | undefined;
  #failuresInRow = 0;
  /** Why the disk keeps nothing: a sync failed, and so did the one of what was written anew, or the next of the folder. */
  failure: Error | undefined;

  constructor(setup: SyncingSetup) {
    this.#setup = setup;
  }

  has(file: SpoolFile): boolean {
    return this.#unsynced.has(file);
  }

  /** A frame was written to the file. */
  wrote(file: SpoolFile): void {
    const { fsync } = this.#setup;
    this.#written++;
    if (fsync === "never") return;
    this.#unsynced.add(file);
    if (this.failure === undefined) this.#beginSoon();
  }

  /** The file is gone. */
  forget(file: SpoolFile): void {
    this.#unsynced.delete(file);
    this.#failing.delete(file);
  }

  /** Resolves when every frame written before the call is on the disk, or the disk fails. */
  async all(): Promise<void> {
    if (this.#setup.fsync === "never") return;
    const upTo = this.#written;
    while (this.#synced < upTo && this.failure === undefined) await this.#begin();
  }

  /** Tries no more, once what is under way has ended. */
  async close(): Promise<void> {
    await this.#round;
    this.#timer?.();
  }

  #beginSoon(): void {
    if (this.#setup.fsync === "always") void this.#begin();
    else this.#later(SYNC_MS);
  }

  #later(ms: number): void {
    this.#timer ??= this.#setup.clock.after(ms, () => {
      this.#timer = undefined;
      void this.#begin();
    });
  }

  #begin(): Promise<void> {
    this.#round ??= this.#sync().finally(() => {
      this.#round = undefined;
      this.#setup.ended();
      if (this.#unsynced.size > 0 && this.failure === undefined) this.#beginSoon();
    });
    return this.#round;
  }

  async #sync(): Promise<void> {
    const errors: unknown[] = [];
    await this.#writeAgain(errors);
    const upTo = this.#written;
    const files = [...this.#unsynced].filter((file) => !this.#failing.has(file));
    for (const file of files) {
      const { size } = file;
      this.#unsynced.delete(file);
      try {
        await this.#setup.openOf(file)?.sync();
        file.syncedSize = size;
      } catch (error) {
        this.#failed(file, error, errors);
      }
    }
    await this.#writeAgain(errors);
    let isFolderSynced = true;
    try {
      await this.#setup.disk.syncFolder();
    } catch (error) {
      errors.push(error);
      isFolderSynced = false;
    }
    if (errors.length === 0) {
      this.#synced = upTo;
      this.#failuresInRow = 0;
      this.#fails(undefined);
      return;
    }
    const isFirst = this.#failuresInRow++ === 0;
    if (!isFirst) this.#fails(errorOf(errors.at(-1)));
    if (!isFirst || !isFolderSynced) this.#later(RETRY_MS);
  }

  async #writeAgain(errors: unknown[]): Promise<void> {
    for (const file of [...this.#failing]) {
      this.#failing.delete(file);
      try {
        await this.#setup.writeAgain(file);
      } catch (error) {
        this.#failed(file, error, errors);
      }
    }
  }

  #failed(file: SpoolFile, error: unknown, errors: unknown[]): void {
    // One that was removed meanwhile needs no sync.
    if (this.#setup.openOf(file) === undefined) return;
    errors.push(error);
    this.#unsynced.add(file);
    this.#failing.add(file);
  }

  #fails(failure: Error | undefined): void {
    if (this.failure === undefined && failure === undefined) return;
    this.failure = failure;
    this.#setup.changed();
  }
}
