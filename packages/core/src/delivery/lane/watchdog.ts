import type { Clock } from "../clock.js";

export interface WatchdogSetup {
  readonly clock: Clock;
  /** How long an answer may take; shorter during a flush. */
  timeoutMs(): number;
  /** Whether an answer is owed: something is in flight, and the broker did not say that it is blocked. */
  owed(): boolean;
  /** How many bytes the network has taken. */
  drained(): number;
  /** Called after a whole timeout without an outcome or a drained byte. */
  expired(): void;
  /** Called if something was answered or drained, but single events may have been passed over. */
  overdue(writtenBefore: number): void;
}

/** How often a connection is checked within its timeout: a silence is noticed at most an eighth of it late. */
const LOOKS = 8;

/**
 * Abandons a connection when a whole timeout has passed without an outcome or a drained byte.
 *
 * The watchdog decides only after a turn of the event loop's poll phase: if the host blocked the loop, the answers have
 * arrived but were not read yet.
 */
export class Watchdog {
  readonly #setup: WatchdogSetup;
  #progressAt = 0;
  #drained = 0;
  #cancel: (() => void) | undefined;

  constructor(setup: WatchdogSetup) {
    this.#setup = setup;
  }

  /** An outcome arrived, or the broker unblocked. */
  progress(): void {
    this.#progressAt = this.#setup.clock.now();
  }

  /** For how long an answer has been owed, in milliseconds. */
  get silence(): number {
    return this.#setup.owed() ? this.#setup.clock.now() - this.#progressAt : 0;
  }

  /** Something was written: an answer is owed from now on. */
  arm(): void {
    if (this.#cancel !== undefined) return;
    this.progress();
    this.#drained = this.#setup.drained();
    this.#wait(this.#setup.timeoutMs());
  }

  disarm(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #wait(ms: number): void {
    const { clock, timeoutMs } = this.#setup;
    this.#cancel = clock.after(Math.min(ms, timeoutMs() / LOOKS), () => {
      this.#cancel = this.#setup.clock.afterPoll(() => this.#look());
    });
  }

  #look(): void {
    const { clock, owed, drained, expired, overdue } = this.#setup;
    this.#cancel = undefined;
    if (!owed()) return;
    const timeoutMs = this.#setup.timeoutMs();
    const bytes = drained();
    if (bytes !== this.#drained) this.progress();
    this.#drained = bytes;
    const silence = clock.now() - this.#progressAt;
    if (silence >= timeoutMs) return expired();
    overdue(clock.now() - timeoutMs);
    if (owed()) this.#wait(timeoutMs - silence);
  }
}
