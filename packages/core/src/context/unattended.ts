import { AsyncResource } from "node:async_hooks";
import { inspect } from "node:util";
import { notWatched } from "./error-fields.js";

const lookMs = 20;
/** A look takes some microseconds. */
const looksAtOnce = 50;
const most = 1000;

/**
 * Promises that nobody was seen to wait for, as those of a listener's calls: looked at from outside until they are
 * settled. One that is fulfilled can be asked for its value. One that is rejected cannot: to be asked would count as
 * handling it.
 */
export class Unattended {
  readonly #isWaiting: (promise: Promise<unknown>) => boolean;
  readonly #fulfilled: (promise: Promise<unknown>) => void;
  readonly #rejected: (promise: Promise<unknown>, error: unknown) => void;
  /** Since the last look: most are waited for by then. */
  #recent: Promise<unknown>[] = [];
  #promises: WeakRef<Promise<unknown>>[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Of no call and no request: the timer is everybody's. */
  readonly #outside = new AsyncResource("streamll.unattended");

  constructor(
    isWaiting: (promise: Promise<unknown>) => boolean,
    fulfilled: (promise: Promise<unknown>) => void,
    rejected: (promise: Promise<unknown>, error: unknown) => void,
  ) {
    this.#isWaiting = isWaiting;
    this.#fulfilled = fulfilled;
    this.#rejected = rejected;
  }

  /** Of more than so many, the oldest are no longer looked at. */
  add(promise: Promise<unknown>): void {
    this.#recent.push(promise);
    if (this.#recent.length > most) this.#takeRecent();
    if (this.#timer !== undefined) return;
    this.#timer = this.#outside.runInAsyncScope(
      setInterval,
      undefined,
      () => this.#look(looksAtOnce),
      lookMs,
    );
    this.#timer?.unref();
    process.prependListener("uncaughtExceptionMonitor", this.#ending);
  }

  /** One that nobody handled ends the program: the last moment to tell of it, and now its error is known. */
  readonly #ending = (error: unknown, origin: string): void => {
    if (origin === "unhandledRejection") this.#look(most, error);
  };

  #takeRecent(): void {
    for (const promise of this.#recent) {
      if (this.#isWaiting(promise)) this.#promises.push(new WeakRef(promise));
    }
    this.#recent = [];
    this.#promises.splice(0, Math.max(0, this.#promises.length - most));
  }

  #look(count: number, error?: unknown): void {
    this.#takeRecent();
    for (const reference of this.#promises.splice(0, count)) {
      const promise = reference.deref();
      if (promise === undefined || !this.#isWaiting(promise)) continue;
      const state = stateOf(promise);
      if (state === "fulfilled") this.#fulfilled(promise);
      else if (state === "rejected") this.#rejected(promise, error ?? notWatched);
      else this.#promises.push(reference);
    }
    if (this.#promises.length > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    process.off("uncaughtExceptionMonitor", this.#ending);
  }
}

/** Nothing of the value is shown, so that the program's own ways to show it are not run. */
const stateOnly = {
  depth: 0,
  customInspect: false,
  maxArrayLength: 0,
  maxStringLength: 0,
  breakLength: Infinity,
};

/** The only thing in Node that tells without a handler. */
function stateOf(promise: Promise<unknown>): "pending" | "fulfilled" | "rejected" {
  try {
    const [, state] = /^[^{]*\{\s*<(pending|rejected)>/.exec(inspect(promise, stateOnly)) ?? [];
    return (state as "pending" | "rejected" | undefined) ?? "fulfilled";
  } catch {
    return "rejected";
  }
}
