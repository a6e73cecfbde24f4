import { withResolvers } from "../delivery/promises.js";
import { Deadlines } from "./deadlines.js";
import { admit } from "./decide.js";
import { idOf } from "./dedup.js";
import { Handling, type HandlingOwner, type HandlingSetup, type Received } from "./handling.js";
import { Schedule } from "./schedule.js";
import type { Delivery, Subscription, Verdict } from "./seam.js";

export interface WorkSetup extends HandlingSetup {
  /** What has an id that is done is not handled again. */
  readonly isDeduplicated: boolean;
  /**
   * @param attempts how often it was tried, here or before.
   * @param told called exactly once, when the broker was told or cannot be, or when that takes long.
   */
  settle(received: Received, verdict: Verdict, attempts: number, told?: () => void): void;
  duplicate(): void;
}

const untried: Verdict = { kind: "again", failed: false };

/** What is received: scheduled, handled, and settled exactly once. */
export class Work implements HandlingOwner {
  readonly setup: WorkSetup;
  readonly deadlines: Deadlines<Handling>;
  readonly lost = new Set<Delivery>();
  readonly #schedule: Schedule<Handling>;
  /** Those that have begun, and did not end at once. */
  readonly #handlings = new Set<Handling>();
  /** The same by `messageId`, the first of each. */
  readonly #byId = new Map<string, Handling>();
  /** Ids of what was in hand, or waited, when a connection was lost: that they come again says nothing against them. */
  #known: ReadonlySet<string | undefined> = new Set();
  /** What has begun, and is to be given back all the same. It came before all that is kept. */
  readonly #broken: { readonly received: Received; readonly verdict: Verdict; readonly attempts: number }[] =
    [];
  /** What waits to be given back, in order. */
  readonly #kept: Received[] = [];
  #isStopping = false;
  #idle: (() => void) | undefined;

  constructor(setup: WorkSetup) {
    this.setup = setup;
    const { concurrency, handlerTimeoutMs } = setup.options;
    this.#schedule = new Schedule(concurrency);
    this.deadlines = new Deadlines(setup.clock, handlerTimeoutMs, (handling) => handling.expire());
  }

  get inHand(): number {
    return this.#schedule.running;
  }

  get waiting(): number {
    return this.#schedule.waiting + this.#kept.length + this.#broken.length;
  }

  /** How many have used up their tries, and are tried on for want of a place for dead letters. */
  get exhausted(): number {
    const { hasDeadLetters, options } = this.setup;
    if (hasDeadLetters) return 0;
    return [...this.#handlings].filter(({ attempt }) => attempt >= options.attempts).length;
  }

  take(delivery: Delivery, subscription: Subscription): void {
    if (this.#isStopping) return void this.#kept.push({ delivery, subscription });
    const id = idOf(delivery);
    const isAgain = delivery.redelivered;
    const first = id === undefined || this.#byId.size === 0 ? undefined : this.#byId.get(id);
    const mayJoin = isAgain || delivery.offset !== undefined || this.setup.isDeduplicated;
    if (first !== undefined && mayJoin && isSame(delivery, first.delivery)) {
      first.joined ??= [];
      first.joined.push({ delivery, subscription });
      return this.setup.duplicate();
    }
    let alone = false;
    if (isAgain) {
      const { hasDeadLetters, options } = this.setup;
      const admission = admit(delivery, { maxDeliveries: options.maxDeliveries, hasDeadLetters });
      if (typeof admission === "object")
        return this.setup.settle({ delivery, subscription }, admission, delivery.earlier ?? 0);
      alone = admission === "alone" && !(id !== undefined && this.#known.has(id));
    }
    this.#schedule.add(new Handling(delivery, subscription, id, alone, this));
  }

  /** The broker gives them to somebody else. */
  lose(deliveries: readonly Delivery[]): void {
    const inHand = [...this.#handlings].filter(({ delivery }) => deliveries.includes(delivery));
    // Those that wait come first: the end of one begins the next of its key.
    for (const delivery of deliveries)
      if (!inHand.some((handling) => handling.delivery === delivery)) this.lost.add(delivery);
    for (const handling of inHand) handling.lose();
  }

  /** Another consumer has the partition of a log: what has not begun of it is handled there. */
  leave(partition: string): void {
    const isElsewhere = ({ delivery }: Received) => delivery.partition !== partition;
    this.#kept.splice(0, this.#kept.length, ...this.#kept.filter(isElsewhere));
    for (const task of this.#schedule.clear()) if (isElsewhere(task)) this.#schedule.add(task);
  }

  /** The connection is lost: what has not begun comes again. */
  forget(): void {
    this.lost.clear();
    this.#kept.length = 0;
    this.#broken.length = 0;
    const lost = [...this.#handlings, ...this.#schedule.clear()];
    this.#known = new Set(lost.map(({ messageId }) => messageId));
  }

  /** Begins nothing more, and waits for no further try. What has not begun is kept: given back now, it would overtake. */
  stop(): void {
    this.#isStopping = true;
    this.#kept.push(...this.#schedule.clear());
    for (const handling of this.#handlings) handling.hurry();
  }

  /** What has not begun, in order. After {@link stop}. */
  giveBack(): void {
    for (const { received, verdict, attempts } of this.#broken.splice(0))
      this.setup.settle(received, verdict, attempts);
    for (const one of this.#kept.splice(0)) this.setup.settle(one, untried, 0);
    this.lost.clear();
    this.deadlines.close();
  }

  /** Resolves when nothing is in hand. */
  idle(): Promise<void> {
    if (this.#schedule.running === 0) return Promise.resolve();
    const { promise, resolve } = withResolvers<void>();
    this.#idle = () => resolve();
    return promise;
  }

  interrupt(): void {
    for (const handling of this.#handlings) handling.interrupt();
  }

  goesOn(handling: Handling): void {
    this.#handlings.add(handling);
    const { messageId } = handling;
    if (messageId !== undefined && !this.#byId.has(messageId)) this.#byId.set(messageId, handling);
  }

  tried(handling: Handling): void {
    this.#schedule.tried(handling);
  }

  ended(handling: Handling, verdict: Verdict): void {
    const { messageId, joined, attempt } = handling;
    if (this.#handlings.delete(handling) && messageId !== undefined && this.#byId.get(messageId) === handling)
      this.#byId.delete(messageId);
    for (const one of joined ?? []) {
      this.lost.delete(one.delivery);
      this.#settle(one, verdict, attempt);
    }
    if (handling.alone) {
      // What ends the process next must not take this settlement with it.
      this.#settle(handling, verdict, attempt, () => this.#left(handling));
    } else {
      this.#settle(handling, verdict, attempt);
      this.#left(handling);
    }
  }

  #left(handling: Handling): void {
    this.#schedule.ended(handling);
    if (this.#schedule.running === 0) this.#idle?.();
  }

  #settle(received: Received, verdict: Verdict, attempts: number, told?: () => void): void {
    // Given back now, it would come again at once, or overtake what still runs here.
    if (this.#isStopping && verdict.kind === "again") {
      this.#broken.push({ received, verdict, attempts });
      told?.();
    } else this.setup.settle(received, verdict, attempts, told);
  }
}

/** Of one id: senders may give it to several messages, and then each is to be handled. */
const isSame = (one: Delivery, other: Delivery): boolean =>
  one.offset === other.offset && one.partition === other.partition && one.body.equals(other.body);
