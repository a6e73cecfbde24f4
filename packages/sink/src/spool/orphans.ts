import { printable } from "@streamll/core/internal";
import type { Destination } from "./destination.js";
import { contentOf, foldersIn, isFor, isOfThisHost, type OwnFolder, takeFolder } from "./folder.js";
import { isLocked } from "./lock.js";
import { ownerOf, SIGN_MS, signedAt } from "./owner.js";

/** The owner of a folder on another machine has ended if it has not signed for this long, as seen from here. */
export const SILENCE_MS = 6 * SIGN_MS;

export interface OrphansSetup {
  readonly directory: string;
  readonly intervalMs: number;
  /** Where the events go: folders for another one are left. */
  readonly destination?: Destination;
  /** Default: a minute. */
  readonly silenceMs?: number;
  /** Delivers what is in a folder, and releases it; on `signal` with what is left. */
  drain(folder: OwnFolder, signal: AbortSignal): Promise<void>;
  /** Called once for each folder, or the directory, with which something is wrong. */
  failed(path: string, error: unknown): void;
}

/**
 * Looks for folders whose programs have ended, and has them drained one after another: else what workers that were scaled
 * away have left would lie there for ever.
 */
export class Orphans {
  readonly #setup: OrphansSetup;
  /** When a folder of another machine was first seen with its present signature. */
  readonly #signed = new Map<string, { readonly at: number; readonly since: number }>();
  #timer: NodeJS.Timeout | undefined;
  #draining: Promise<void> | undefined;
  #counting: Promise<void> | undefined;
  /** The folder that is being drained. */
  #drained: string | undefined;
  readonly #stopping = new AbortController();
  readonly #failed = new Set<string>();
  /** Folders with events whose programs have ended, as seen when it last looked. */
  count = 0;

  constructor(setup: OrphansSetup) {
    this.#setup = setup;
  }

  start(): void {
    this.#timer ??= setInterval(() => {
      this.#counting ??= this.#countAll().finally(() => {
        this.#counting = undefined;
      });
      this.#draining ??= this.#drainAll().finally(() => {
        this.#draining = undefined;
      });
    }, this.#setup.intervalMs).unref();
  }

  /** Resolves when the folder that is being drained is released, with what is left in it. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    clearInterval(this.#timer);
    await Promise.all([this.#draining, this.#counting]);
  }

  async #countAll(): Promise<void> {
    try {
      const { directory } = this.#setup;
      let count = 0;
      for (const folder of foldersIn(directory)) if (await this.#isLeft(folder)) count++;
      this.count = count;
    } catch {
      // Draining says what is wrong.
    }
  }

  async #isLeft(folder: string): Promise<boolean> {
    if (folder === this.#drained) return true;
    return contentOf(folder) === "events" && this.#mayBeLeft(folder) && !(await isLocked(folder));
  }

  async #drainAll(): Promise<void> {
    const { directory } = this.#setup;
    const folders: string[] = [];
    await this.#try(directory, async () => void folders.push(...foldersIn(directory)));
    for (const folder of folders) await this.#try(folder, () => this.#drain(folder));
  }

  /** What is wrong with one folder keeps nobody from the others. */
  async #try(path: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!this.#failed.has(path)) this.#setup.failed(path, error);
      this.#failed.add(path);
    }
  }

  async #drain(folder: string): Promise<void> {
    const { signal } = this.#stopping;
    if (signal.aborted || !this.#mayBeLeft(folder)) return;
    const { destination } = this.#setup;
    if (!isFor(destination, folder)) {
      if (!(await isLocked(folder))) throw new Error(otherDestination(folder));
      return;
    }
    const taken = await takeFolder(folder, destination);
    if (taken === undefined) return;
    if (signal.aborted || contentOf(folder) !== "events") return taken.release();
    this.#drained = folder;
    await this.#setup.drain(taken, signal).finally(() => {
      this.#drained = undefined;
    });
  }

  #mayBeLeft(folder: string): boolean {
    const content = contentOf(folder);
    if (content === undefined || content === "kept") return false;
    if (isOfThisHost(folder)) return true;
    const { silenceMs = SILENCE_MS } = this.#setup;
    const at = signedAt(folder);
    const seen = this.#signed.get(folder);
    if (seen?.at === at) return performance.now() - seen.since > silenceMs;
    this.#signed.set(folder, { at, since: performance.now() });
    return false;
  }
}

const otherDestination = (folder: string): string =>
  `its events are for ${printable(ownerOf(folder)?.destination?.text ?? "")}, and this sink sends elsewhere. Start a sink with that destination, or deliver them with: streamll spool drain ${printable(folder)} --url URL --exchange EXCHANGE`;
