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
  /** The disk could not be made to keep what was written to the file: its events are to be written anew. */
  lost(file: SpoolFile): void;
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
  /** Files whose last sync failed. */
  readonly #failing = new Set<SpoolFile>();
  /** Frames that were written, and how many of them are on the disk. */
  #written = 0;
  #synced = 0;
  #timer: (() => void) | undefined;
  #round: Promise<void> | undefined;
  #failuresInRow = 0;
  /** Why the disk keeps nothing: a sync failed, and so did the one of what was written anew. */
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
    let upTo = this.#written;
    while (this.#synced < upTo && this.failure === undefined) {
      await this.#begin();
      // What was written anew has come to the end.
      if (this.#failuresInRow > 0) upTo = this.#written;
    }
  }

  close(): void {
    this.#timer?.();
  }

  #beginSoon(): void {
    if (this.#setup.fsync === "always") void this.#begin();
    else this.#later(SYNC_MS);
  }

  #later(ms: number): void {
    this.#timer ??= this.#setup.clock.after(ms, () => {
      this.#timer = undefined;
      this.#loseAgain();
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
    const upTo = this.#written;
    const files = [...this.#unsynced];
    this.#unsynced.clear();
    let error: unknown;
    for (const file of files) {
      try {
        await this.#setup.openOf(file)?.sync();
      } catch (caught) {
        // One that was removed meanwhile needs no sync.
        if (this.#setup.openOf(file) === undefined) continue;
        error = caught;
        this.#failing.add(file);
      }
    }
    await this.#setup.disk.syncFolder().catch(() => {});
    if (this.#failing.size === 0) {
      this.#synced = upTo;
      this.#failuresInRow = 0;
      this.#fails(undefined);
    } else if (this.#failuresInRow++ === 0) this.#loseAgain();
    else {
      this.#fails(errorOf(error));
      this.#later(RETRY_MS);
    }
  }

  #fails(failure: Error | undefined): void {
    if (this.failure === undefined && failure === undefined) return;
    this.failure = failure;
    this.#setup.changed();
  }

  /** Asked for a second sync of the same file, the operating system could say that all is well. */
  #loseAgain(): void {
    const files = [...this.#failing];
    this.#failing.clear();
    for (const file of files) this.#setup.lost(file);
  }
}
