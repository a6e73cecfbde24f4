import { runCallback } from "@streamll/core/internal";
import { type Complain, faultOf } from "../logging.js";

/** Prolongs a call of the platform until the promise settles, as `waitUntil` of Vercel and Cloudflare does. */
export type WaitUntil = (promise: Promise<unknown>) => void;

/** Asks the platform to keep the program running until the accepted events are delivered. */
export class PlatformWait {
  readonly #waitUntil: WaitUntil;
  readonly #flush: () => Promise<unknown>;
  readonly #complain: Complain;
  #flushed: Promise<unknown> = Promise.resolve();
  /** Whether a flush is to begin: it will cover all events that are accepted until then. */
  #isDue = false;

  constructor(waitUntil: WaitUntil, flush: () => Promise<unknown>, complain: Complain) {
    this.#waitUntil = waitUntil;
    this.#flush = flush;
    this.#complain = complain;
  }

  /** Called in the async context of the caller: platforms find their call by it. */
  accepted(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    // One flush at a time, so that events gather into batches meanwhile.
    const flushed = this.#flushed.then(() => {
      this.#isDue = false;
      return this.#flush();
    });
    this.#flushed = flushed;
    runCallback(
      () => this.#waitUntil(flushed),
      (error) =>
        this.#complain("callback_failed", "waitUntil", `waitUntil ${faultOf(error)} (reported once)`),
    );
  }
}
