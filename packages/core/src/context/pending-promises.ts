import { AsyncResource } from "node:async_hooks";
import { inspect } from "node:util";
import { notWatched } from "./error-fields.js";

const pollMs = 20;
/** Inspecting one promise takes some microseconds. */
const maxPerPoll = 50;
const maxPromises = 1000;

/**
 * Polls promises to which the program has attached no handler, such as those of calls made in an event listener, until
 * they are settled. A fulfilled promise can then be asked for its value. A rejected one cannot be asked for its reason:
 * that would count as handling the rejection.
 */
export class PendingPromises {
  readonly #isWaiting: (promise: Promise<unknown>) => boolean;
  readonly #fulfilled: (promise: Promise<unknown>) => void;
  readonly #rejected: (promise: Promise<unknown>, error: unknown) => void;
  /** Promises added since the last poll. By the next one most have a handler. */
  #recent: Promise<unknown>[] = [];
  #promises: WeakRef<Promise<unknown>>[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Keeps the shared timer out of the async context of the call or request that happened to start it. */
  readonly #outside = new AsyncResource("streamll.pending-promises");

  constructor(
    isWaiting: (promise: Promise<unknown>) => boolean,
    fulfilled: (promise: Promise<unknown>) => void,
    rejected: (promise: Promise<unknown>, error: unknown) => void,
  ) {
    this.#isWaiting = isWaiting;
    this.#fulfilled = fulfilled;
    this.#rejected = rejected;
  }

  /** Beyond {@link maxPromises}, the oldest promises are no longer polled. */
  add(promise: Promise<unknown>): void {
    this.#recent.push(promise);
    if (this.#recent.length > maxPromises) this.#takeRecent();
    if (this.#timer !== undefined) return;
    this.#timer = this.#outside.runInAsyncScope(setInterval, undefined, () => this.#poll(maxPerPoll), pollMs);
    this.#timer?.unref();
    process.prependListener("uncaughtExceptionMonitor", this.#crashing);
  }

  /** An unhandled rejection ends the program. This is the last moment to record it, and its reason is known now. */
  readonly #crashing = (error: unknown, origin: string): void => {
    if (origin === "unhandledRejection") this.#poll(maxPromises, error);
  };

  #takeRecent(): void {
    for (const promise of this.#recent) {
      if (this.#isWaiting(promise)) this.#promises.push(new WeakRef(promise));
    }
    this.#recent = [];
    this.#promises.splice(0, Math.max(0, this.#promises.length - maxPromises));
  }

  #poll(count: number, error?: unknown): void {
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
    process.off("uncaughtExceptionMonitor", this.#crashing);
  }
}

/** Prints nothing of the value, so that no `inspect` function of the program is run. */
const stateOnly = {
  depth: 0,
  customInspect: false,
  maxArrayLength: 0,
  maxStringLength: 0,
  breakLength: Infinity,
};

/** `inspect` is the only thing in Node that shows the state of a promise without attaching a handler. */
function stateOf(promise: Promise<unknown>): "pending" | "fulfilled" | "rejected" {
  try {
    const [, state] = /^[^{]*\{\s*<(pending|rejected)>/.exec(inspect(promise, stateOnly)) ?? [];
    return (state as "pending" | "rejected" | undefined) ?? "fulfilled";
  } catch {
    return "rejected";
  }
}
