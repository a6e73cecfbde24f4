import { withResolvers } from "../delivery/promises.js";
import { admit } from "./decide.js";
import { idOf } from "./dedup.js";
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
  /** Ids of what was in hand, or waited, when a connection was lost: that they come again says nothing against them. */
  #known: ReadonlySet<string | undefined> = new Set();
  /** What waits to be given back, in order. */
  readonly #kept: Received[] = [];
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
    return this.#schedule.waiting + this.#kept.length;
  }

  /** How many have used up their tries, and are tried on for want of a place for dead letters. */
  get exhausted(): number {
    const { hasDeadLetters, options } = this.#setup;
    if (hasDeadLetters) return 0;
    return [...this.#handlings].filter(({ attempt }) => attempt >= options.attempts).length;
  }

  take(received: Received): void {
    const { delivery } = received;
    if (this.#isStopping) return void this.#kept.push(received);
    const id = idOf(delivery);
    const joined = id === undefined ? undefined : this.#joined.get(id);
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
      alone: admission === "alone" && !(id !== undefined && this.#known.has(id)),
      run: (tried) => this.#run(received, tried),
    });
  }

  /** The connection is lost: what has not begun comes again. */
  forget(): void {
    this.#kept.length = 0;
    const lost = [...this.#handlings, ...this.#schedule.clear()];
    this.#known = new Set(lost.map(({ delivery }) => idOf(delivery)));
  }

  /** Begins nothing more, and waits for no further try. What has not begun is kept: given back now, it would overtake. */
  stop(): void {
    this.#isStopping = true;
    this.#kept.push(...this.#schedule.clear());
    for (const handling of this.#handlings) handling.hurry();
  }

  /** What has not begun, in order. After {@link stop}. */
  giveBack(): void {
    for (const one of this.#kept.splice(0)) this.#setup.settle(one, { kind: "again", failed: false });
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

  async #run(received: Received, tried: () => void): Promise<void> {
    const { delivery } = received;
    const messageId = idOf(delivery);
    const handling = new Handling(delivery, this.#setup);
    this.#handlings.add(handling);
    const all = [received];
    const isFirst = messageId !== undefined && !this.#joined.has(messageId);
    if (isFirst) this.#joined.set(messageId, all);
    const verdict = await handling.run(tried);
    if (isFirst) this.#joined.delete(messageId);
    this.#handlings.delete(handling);
    for (const one of all) this.#setup.settle(one, verdict);
    if (this.#handlings.size === 0) this.#idle?.();
  }
}
