import { isThenable } from "../callback.js";
import type { Clock } from "../delivery/clock.js";
import { Pause } from "../delivery/pause.js";
import { StreamllError } from "../errors.js";
import type { Deadlines } from "./deadlines.js";
import { afterFailure, type Failure } from "./decide.js";
import { failureOf } from "./failure-words.js";
import type { ConsumingOptions } from "./options.js";
import type { Scheduled } from "./schedule.js";
import type { Delivery, Subscription, Verdict } from "./seam.js";
import { type Handle, Try, type TryOwner } from "./try.js";

/** A delivery, and whom it is to be settled with. */
export interface Received {
  readonly delivery: Delivery;
  readonly subscription: Subscription;
}

export interface HandlingSetup {
  readonly handle: Handle;
  readonly options: ConsumingOptions;
  readonly clock: Clock;
  readonly random: () => number;
  readonly hasDeadLetters: boolean;
  readonly hasDelays: boolean;
  readonly isLog: boolean;
  isStopping(): boolean;
  failed(delivery: Delivery, failure: Failure, error: unknown, attempt: number): void;
  retried(): void;
}

/** Those that a handling tells of itself. */
export interface HandlingOwner {
  readonly setup: HandlingSetup;
  readonly deadlines: Deadlines<Handling>;
  /** What others have now, and waits here still. */
  readonly lost: Set<Delivery>;
  /** It has not ended at once. */
  goesOn(handling: Handling): void;
  /** Its first try has ended, and others follow. */
  tried(handling: Handling): void;
  ended(handling: Handling, verdict: Verdict): void;
}

const done: Verdict = { kind: "done" };
const untried: Verdict = { kind: "again", failed: false };
const triedInVain: Verdict = { kind: "again", failed: true };

/** One delivery in the hands of its handler, with all of its tries. A handler that ends at once costs no promise. */
export class Handling implements Scheduled, Received, TryOwner {
  readonly delivery: Delivery;
  readonly subscription: Subscription;
  readonly messageId: string | undefined;
  readonly key: string | undefined;
  readonly alone: boolean;
  isTried = false;
  /** The same message, which came again meanwhile. */
  joined: Received[] | undefined;
  readonly #owner: HandlingOwner;
  /** The try that has not ended. */
  #try: Try | undefined;
  #pause: Pause | undefined;
  #attempt = 0;

  constructor(
    delivery: Delivery,
    subscription: Subscription,
    messageId: string | undefined,
    alone: boolean,
    owner: HandlingOwner,
  ) {
    this.delivery = delivery;
    this.subscription = subscription;
    this.messageId = messageId;
    this.alone = alone;
    this.#owner = owner;
    this.key = owner.setup.options.ordered ? (delivery.orderingKey ?? delivery.correlationId) : undefined;
  }

  /** The try that runs, or ran last: from 1. */
  get attempt(): number {
    return this.#attempt;
  }

  begin(): void {
    const { setup, deadlines, lost } = this.#owner;
    if (lost.size > 0 && lost.delete(this.delivery)) return this.#owner.ended(this, untried);
    const current = new Try(++this.#attempt, this.alone && !this.isTried, this);
    let handled: Promise<unknown> | undefined;
    try {
      const result = setup.handle(this.delivery, current);
      if (isThenable(result)) handled = Promise.resolve(result);
    } catch (error) {
      return this.#failed(failureOf(error), error);
    }
    if (handled === undefined) return this.#owner.ended(this, done);
    this.#try = current;
    if (!current.isHeld) deadlines.add(this);
    if (this.#attempt === 1) this.#owner.goesOn(this);
    handled.then(
      () => this.#isOf(current) && this.#owner.ended(this, done),
      (error: unknown) => this.#isOf(current) && this.#failed(failureOf(error), error),
    );
  }

  /** Its `handlerTimeout` is over, whatever the handler does. */
  expire(): void {
    const seconds = this.#owner.setup.options.handlerTimeoutMs / 1000;
    const text = `the handler has not ended within ${seconds} s`;
    this.#breakOff({ kind: "timeout" }, new StreamllError("HANDLER_TIMEOUT", text));
  }

  /** The consumer stops: no further try is waited for. */
  hurry(): void {
    this.#pause?.cut();
  }

  /** The time of `stop()` is over: the delivery is given back, whatever the handler does. */
  interrupt(): void {
    const text = "the consumer was stopped, and its drainTimeout is over";
    this.#breakOff({ kind: "interrupted" }, new StreamllError("STOPPED", text));
    this.#pause?.cut();
  }

  /** The broker gives the delivery to somebody else: what the handler does no longer counts. */
  lose(): void {
    const text = "the broker gives the message to somebody else: its lock is lost";
    if (this.#try === undefined) this.#owner.lost.add(this.delivery);
    this.#breakOff({ kind: "lost" }, new StreamllError("LOCK_LOST", text));
    this.#pause?.cut();
  }

  held(of: Try): void {
    if (of === this.#try) this.#owner.deadlines.delete(this);
  }

  begun(of: Try): void {
    if (of === this.#try) this.#owner.deadlines.add(this);
  }

  /** Takes the end of a try, unless it was broken off before. */
  #isOf(current: Try): boolean {
    if (this.#try !== current) return false;
    this.#try = undefined;
    this.#owner.deadlines.delete(this);
    return true;
  }

  #breakOff(failure: Failure, error: StreamllError): void {
    const current = this.#try;
    if (current === undefined) return;
    this.#isOf(current);
    current.abort(error);
    this.#failed(failure, error);
  }

  #failed(failure: Failure, error: unknown): void {
    const owner = this.#owner;
    const { setup } = owner;
    setup.failed(this.delivery, failure, error, this.#attempt);
    const { options, random, hasDeadLetters, hasDelays, isLog } = setup;
    const { attempts, retryBackoffMs, maxRetryBackoffMs } = options;
    const decision = afterFailure(failure, {
      attempt: this.#attempt,
      attempts,
      retryBackoffMs,
      maxRetryBackoffMs,
      hasDeadLetters,
      hasDelays,
      isLog,
      isStopping: setup.isStopping(),
      random,
    });
    if (decision.kind !== "retry") return owner.ended(this, decision);
    if (this.#attempt === 1) owner.goesOn(this);
    if (failure.kind === "unready") this.#attempt--;
    this.#pause ??= new Pause(setup.clock);
    void this.#pause.wait(decision.delayMs).then(() => {
      // Stopped meanwhile: nobody waits for another try.
      if (setup.isStopping()) return owner.ended(this, triedInVain);
      setup.retried();
      this.begin();
    });
    owner.tried(this);
  }
}
