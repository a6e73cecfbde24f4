import { withResolvers } from "../delivery/promises.js";
import { admit } from "./decide.js";
import { Handling, type HandlingSetup } from "./handling.js";
import { Schedule, type Scheduled } from "./schedule.js";
import type { Delivery, Subscription, Verdict } from "./seam.js";

/** A delivery, and whom it is to be settled with. */
export interface Received {
  readonly delivery: Delivery;
  readonly subscription: Subscription;
}

export interface WorkSetup extends HandlingSetup {
  settle(received: Received, verdict: Verdict): void;
  duplicate(): void;
}

interface Task extends Scheduled, Received {}

/** What is received: scheduled, handled, and settled exactly once. */
export class Work {
  readonly #setup: WorkSetup;
  readonly #schedule: Schedule<Task>;
  readonly #handlings = new Set<Handling>();
  /** By `messageId` of what is in hand: those who came again meanwhile. */
  readonly #joined = new Map<string, Received[]>();
  #isStopping = false;
  #idle: (() => void) | undefined;

  constructor(setup: WorkSetup) {
    this.#setup = setup;
    this.#schedule = new Schedule(setup.options.concurrency);
  }

  get inHand(): number {
    return this.#handlings.size;
  }

  get waiting(): number {
    return this.#schedule.waiting;
  }

  take(received: Received): void {
    const { delivery } = received;
    if (this.#isStopping) return this.#setup.settle(received, { kind: "again", failed: false });
    const joined = this.#joined.get(delivery.messageId ?? "");
    if (joined !== undefined && delivery.redelivered) {
      joined.push(received);
      return this.#setup.duplicate();
    }
    const { maxDeliveries } = this.#setup.options;
    const admission = admit(delivery, { maxDeliveries, hasDeadLetters: this.#setup.hasDeadLetters });
    if (typeof admission === "object") return this.#setup.settle(received, admission);
    this.#schedule.add({
      ...received,
      key: delivery.orderingKey ?? delivery.correlationId,
      alone: admission === "alone",
      run: () => this.#run(received),
    });
  }

  /** The connection is lost: what has not begun comes again. */
  forget(): void {
    this.#schedule.clear();
  }

  /** Gives back what has not begun, and waits for no further try. */
  stop(): void {
    this.#isStopping = true;
    for (const task of this.#schedule.clear()) this.#setup.settle(task, { kind: "again", failed: false });
    for (const handling of this.#handlings) handling.hurry();
  }

  /** Resolves when nothing is in hand. */
  idle(): Promise<void> {
    if (this.#handlings.size === 0) return Promise.resolve();
    const { promise, resolve } = withResolvers<void>();
    this.#idle = () => resolve();
    return promise;
  }

  interrupt(): void {
    for (const handling of this.#handlings) handling.interrupt();
  }

  async #run(received: Received): Promise<void> {
    const { delivery } = received;
    const { messageId } = delivery;
    const handling = new Handling(delivery, this.#setup);
    this.#handlings.add(handling);
    const all = [received];
    const isFirst = messageId !== undefined && !this.#joined.has(messageId);
    if (isFirst) this.#joined.set(messageId, all);
    const verdict = await handling.run();
    if (isFirst) this.#joined.delete(messageId);
    this.#handlings.delete(handling);
    for (const one of all) this.#setup.settle(one, verdict);
    if (this.#handlings.size === 0) this.#idle?.();
  }
}
