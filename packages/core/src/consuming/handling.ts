import { isThenable } from "../callback.js";
import { isStreamllError } from "../copies.js";
import type { Clock } from "../delivery/clock.js";
import { Pause } from "../delivery/pause.js";
import { withResolvers } from "../delivery/promises.js";
import { StreamllError } from "../errors.js";
import { afterFailure, type Failure, type Tried } from "./decide.js";
import { DedupUnready } from "./dedup.js";
import type { ConsumingOptions } from "./options.js";
import type { Delivery, Verdict } from "./seam.js";
import { type Handle, Try } from "./try.js";

interface Ended {
  readonly failure: Failure;
  readonly error: unknown;
}

export interface HandlingSetup {
  readonly handle: Handle;
  readonly options: ConsumingOptions;
  readonly clock: Clock;
  readonly random: () => number;
  readonly hasDeadLetters: boolean;
  readonly hasDelays: boolean;
  isStopping(): boolean;
  failed(delivery: Delivery, failure: Failure, error: unknown, attempt: number): void;
  retried(): void;
}

/** One delivery in the hands of its handler, with all of its tries. */
export class Handling {
  readonly delivery: Delivery;
  readonly #setup: HandlingSetup;
  /** Ends the try that runs, whatever its handler does. */
  #giveUp: ((ended: Ended) => void) | undefined;
  #try: Try | undefined;
  readonly #pause: Pause;
  #attempt = 0;

  constructor(delivery: Delivery, setup: HandlingSetup) {
    this.delivery = delivery;
    this.#setup = setup;
    this.#pause = new Pause(setup.clock);
  }

  /** The try that runs, or ran last: from 1. */
  get attempt(): number {
    return this.#attempt;
  }

  /**
   * Never rejects.
   *
   * @param tried is called after the first try, where others follow.
   */
  async run(tried: () => void): Promise<Verdict> {
    for (;;) {
      const outcome = await this.#handle();
      if (outcome === undefined) return { kind: "done" };
      this.#setup.failed(this.delivery, outcome.failure, outcome.error, this.#attempt);
      const decision = this.#decide(outcome.failure);
      if (decision.kind !== "retry") return decision;
      if (outcome.failure.kind === "unready") this.#attempt--;
      tried();
      await this.#pause.wait(decision.delayMs);
      // Stopped meanwhile: nobody waits for another try.
      if (this.#setup.isStopping()) return { kind: "again", failed: true };
      this.#setup.retried();
    }
  }

  /** The consumer stops: no further try is waited for. */
  hurry(): void {
    this.#pause.cut();
  }

  /** The time of `stop()` is over: the delivery is given back, whatever the handler does. */
  interrupt(): void {
    const error = new StreamllError("STOPPED", "the consumer was stopped, and its drainTimeout is over");
    this.#giveUp?.({ failure: { kind: "interrupted" }, error });
    this.#try?.abort(error);
    this.#pause.cut();
  }

  #decide(failure: Failure) {
    const { options, random, hasDeadLetters, hasDelays } = this.#setup;
    const { attempts, retryBackoffMs, maxRetryBackoffMs } = options;
    const tried: Tried = {
      attempt: this.#attempt,
      attempts,
      retryBackoffMs,
      maxRetryBackoffMs,
      hasDeadLetters,
      hasDelays,
      isStopping: this.#setup.isStopping(),
      random,
    };
    return afterFailure(failure, tried);
  }

  /** A handler that ends at once needs neither clock nor promise. */
  #handle(): Ended | undefined | Promise<Ended | undefined> {
    const current = new Try(++this.#attempt);
    try {
      const handled = this.#setup.handle(this.delivery, current);
      return isThenable(handled) ? this.#ended(handled, current) : undefined;
    } catch (error) {
      return { failure: failureOf(error), error };
    }
  }

  async #ended(handled: PromiseLike<unknown>, current: Try): Promise<Ended | undefined> {
    const { clock, options } = this.#setup;
    this.#try = current;
    const done = Promise.resolve(handled).then(
      () => undefined,
      (error: unknown): Ended => ({ failure: failureOf(error), error }),
    );
    const { promise: givenUp, resolve: giveUp } = withResolvers<Ended>();
    this.#giveUp = giveUp;
    const cancel =
      options.handlerTimeoutMs === 0
        ? () => {}
        : clock.after(options.handlerTimeoutMs, () => {
            const seconds = options.handlerTimeoutMs / 1000;
            const error = new StreamllError(
              "HANDLER_TIMEOUT",
              `the handler has not ended within ${seconds} s`,
            );
            giveUp({ failure: { kind: "timeout" }, error });
            current.abort(error);
          });
    const outcome = await Promise.race([done, givenUp]);
    cancel();
    this.#try = undefined;
    this.#giveUp = undefined;
    return outcome;
  }
}

/** By shape: another copy of this package may have made the error. */
function failureOf(error: unknown): Failure {
  if (error instanceof DedupUnready) return { kind: "unready" };
  if (!isStreamllError(error)) return { kind: "threw" };
  const { name, code, message } = error;
  if (name === "DeadLetter") return { kind: "dead", code, why: message };
  const { delayMs } = error as { readonly delayMs?: unknown };
  if (name === "RetryLater" && typeof delayMs === "number") return { kind: "later", delayMs };
  return { kind: "threw" };
}
