import type { Clock } from "../clock.js";

export interface WatchdogSetup {
  readonly clock: Clock;
  /** How long an answer may stay out; shorter while somebody flushes. */
  timeoutMs(): number;
  /** Whether an answer is owed: something is in flight, and the broker did not say that it is blocked. */
  owed(): boolean;
  /** Bytes that the network has taken. */
  drained(): number;
  /** No outcome and no byte for the whole time. */
  expired(): void;
  /** Something was answered or drained, but single events may have been left out. */
  overdue(writtenBefore: number): void;
}

/** How often within its timeout a connection is looked at: the eighth part of it is how late a silence may be noticed. */
const LOOKS = 8;

/**
 * Gives a connection up when for a whole timeout neither an outcome came nor a byte was drained.
 *
 * The watchdog decides only after a turn of the event loop's poll phase: when the host blocked the loop, the answers are
 * there and were only not read yet.
 */
export class Watchdog {
  readonly #setup: WatchdogSetup;
  #progressAt = 0;
  #drained = 0;
  #cancel: (() => void) | undefined;

  constructor(setup: WatchdogSetup) {
    this.#setup = setup;
  }

  /** An outcome came, or the broker unblocked. */
  progress(): void {
    this.#progressAt = this.#setup.clock.now();
  }

  /** For how long an answer has been owed and none came, in milliseconds. */
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
