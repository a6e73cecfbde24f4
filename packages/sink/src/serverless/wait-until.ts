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
  /** The flush that is to begin: it will cover all events that are accepted until then. */
  #due: Promise<unknown> | undefined;
  /** Whether the platform waits for that flush. */
  #isTaken = false;

  constructor(waitUntil: WaitUntil, flush: () => Promise<unknown>, complain: Complain) {
    this.#waitUntil = waitUntil;
    this.#flush = flush;
    this.#complain = complain;
  }

  /** Called in the async context of the caller: platforms find their call by it. */
  accepted(): void {
    this.#due ??= this.#next();
    const due = this.#due;
    if (this.#isTaken) return;
    this.#isTaken = true;
    runCallback(
      () => this.#waitUntil(due),
      (error) => {
        // Outside of a call, for example: the next event may come from within one.
        this.#isTaken = false;
        this.#complain("callback_failed", "waitUntil", `waitUntil ${faultOf(error)} (reported once)`);
      },
    );
  }

  /** One flush at a time, so that events gather into batches meanwhile. */
  #next(): Promise<unknown> {
    this.#isTaken = false;
    this.#flushed = this.#flushed.then(() => {
      this.#due = undefined;
      return this.#flush();
    });
    return this.#flushed;
  }
}
