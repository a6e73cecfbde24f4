import { foldersIn, isOfThisHost, type OwnFolder, takeFolder } from "./folder.js";
import { SIGN_MS, signedAt } from "./owner.js";

/** The owner of a folder on another machine has ended if it has not signed for this long, as seen from here. */
const SILENCE_MS = 6 * SIGN_MS;

export interface OrphansSetup {
  readonly directory: string;
  readonly intervalMs: number;
  /** Default: a minute. */
  readonly silenceMs?: number;
  /** Delivers what is in a folder, and releases it. */
  drain(folder: OwnFolder): Promise<void>;
  failed(error: unknown): void;
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
  isStopped = false;

  constructor(setup: OrphansSetup) {
    this.#setup = setup;
  }

  start(): void {
    this.#timer ??= setInterval(() => {
      this.#draining ??= this.#drainNext().finally(() => {
        this.#draining = undefined;
      });
    }, this.#setup.intervalMs).unref();
  }

  /** Resolves when the folder that is being drained is released, with what is left in it. */
  async stop(): Promise<void> {
    this.isStopped = true;
    clearInterval(this.#timer);
    await this.#draining;
  }

  async #drainNext(): Promise<void> {
    try {
      for (const folder of foldersIn(this.#setup.directory)) {
        if (!this.#mayBeLeft(folder)) continue;
        const taken = await takeFolder(folder);
        if (taken !== undefined) return await this.#setup.drain(taken);
      }
    } catch (error) {
      this.#setup.failed(error);
    }
  }

  #mayBeLeft(folder: string): boolean {
    if (isOfThisHost(folder)) return true;
    const { silenceMs = SILENCE_MS } = this.#setup;
    const at = signedAt(folder);
    const seen = this.#signed.get(folder);
    if (seen?.at === at) return performance.now() - seen.since > silenceMs;
    this.#signed.set(folder, { at, since: performance.now() });
    return false;
  }
}
