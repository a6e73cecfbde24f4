import type { Clock } from "../delivery/clock.js";
import type { Disk } from "./disk.js";
import { closeQuietly, type SpoolFile, type SpoolFiles } from "./files.js";
import { rewrite } from "./rewrite.js";

export interface EarlierSyncSetup {
  readonly disk: Disk;
  readonly files: SpoolFiles;
  readonly clock: Clock;
}

/** The pause before the first try again, and the longest: each is twice as long as the one before. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

/** Brings to the disk what a killed program has written: it may be in the memory of the operating system alone. */
export class EarlierSync {
  readonly #setup: EarlierSyncSetup;
  #retry: (() => void) | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  #isClosed = false;

  constructor(setup: EarlierSyncSetup) {
    this.#setup = setup;
  }

  /** Syncs the files of earlier programs, and tries those that fail again. */
  async begin(): Promise<void> {
    const { files } = this.#setup;
    await this.#sync([...files.all].filter(({ found }) => found !== undefined));
  }

  close(): void {
    this.#isClosed = true;
    this.#retry?.();
  }

  async #sync(some: readonly SpoolFile[], isFirst = true): Promise<void> {
    const { disk, files, clock } = this.#setup;
    const failed: SpoolFile[] = [];
    let isFolderSynced = true;
    for (const file of some) {
      if (this.#isClosed) return;
      // One whose events are settled was removed.
      if (files.at(file.ordinal) === undefined) continue;
      await this.#syncFile(file, isFirst).catch(() => failed.push(file));
    }
    await disk.syncFolder().catch(() => {
      isFolderSynced = false;
    });
    if (this.#isClosed || (failed.length === 0 && isFolderSynced)) return;
    this.#retry = clock.after(this.#pauseMs, () => void this.#sync(failed, false));
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
  }

  async #syncFile(file: SpoolFile, isFirst: boolean): Promise<void> {
    const open = this.#setup.files.open(file);
    try {
      if (!isFirst) await rewrite(open, 0, file.size);
      await open.sync();
    } finally {
      closeQuietly(open);
    }
  }
}
