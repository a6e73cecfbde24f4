import type { Clock } from "../delivery/clock.js";
import type { Delivery, Subscription } from "./seam.js";

/** A lock is renewed so long before its end, or with half of its time left. */
const EARLY_MS = 10_000;
/** Where a renewal failed, and before it is tried again at the soonest. */
const LEAST_PAUSE_MS = 100;

/** Where the broker's clock is so far behind ours that each lock seems to be over. */
const PACE_MS = 1000;

export interface LocksSetup {
  readonly clock: Clock;
  /** Milliseconds since 1970, as `Date.now`. */
  readonly now: () => number;
  /** The broker gives it to somebody else, or did so already. */
  lost(delivery: Delivery): void;
}

interface Held {
  readonly delivery: Delivery;
  readonly renew: (delivery: Delivery) => Promise<void>;
  /** When something is to be done next, in milliseconds since 1970. */
  due: number;
  isRenewing: boolean;
  /** The last renewal failed, or is not answered. */
  isDoubtful: boolean;
}

/** Keeps what is received and not settled locked, where the broker locks for a time. */
export class Locks {
  readonly #setup: LocksSetup;
  readonly #held = new Map<Delivery, Held>();
  #wake: { readonly at: number; cancel(): void } | undefined;

  constructor(setup: LocksSetup) {
    this.#setup = setup;
  }

  hold(delivery: Delivery, { renew }: Subscription): void {
    const { lockedUntil } = delivery;
    if (lockedUntil === undefined || renew === undefined) return;
    const held = {
      delivery,
      renew,
      due: renewalOf(lockedUntil, this.#setup.now()),
      isRenewing: false,
      isDoubtful: false,
    };
    this.#held.set(delivery, held);
    this.#wakeAt(held.due);
  }

  release(delivery: Delivery): void {
    if (this.#held.size > 0 && this.#held.delete(delivery) && this.#held.size === 0) this.clear();
  }

  clear(): void {
    this.#held.clear();
    this.#wake?.cancel();
    this.#wake = undefined;
  }

  #wakeAt(due: number): void {
    if (this.#wake !== undefined && this.#wake.at <= due) return;
    this.#wake?.cancel();
    const cancel = this.#setup.clock.after(Math.max(0, due - this.#setup.now()), () => this.#look());
    this.#wake = { at: due, cancel };
  }

  #look(): void {
    this.#wake = undefined;
    const now = this.#setup.now();
    for (const held of [...this.#held.values()]) if (isDue(held, now)) this.#attend(held, now);
    let next = Number.POSITIVE_INFINITY;
    for (const { due } of this.#held.values()) next = Math.min(next, due);
    if (next < Number.POSITIVE_INFINITY) this.#wakeAt(next);
  }

  #attend(held: Held, now: number): void {
    const until = held.delivery.lockedUntil ?? 0;
    // The broker's clock is not ours: what seems to be over and was never refused is renewed first.
    if (until <= now && held.isDoubtful) return this.#lose(held);
    // Answered or not: at its end it is looked after again.
    held.due = until > now ? until : now + EARLY_MS;
    held.isDoubtful = true;
    if (!held.isRenewing) void this.#renew(held);
  }

  async #renew(held: Held): Promise<void> {
    held.isRenewing = true;
    try {
      await held.renew(held.delivery);
      held.isDoubtful = false;
      this.#next(held, (until, now) => renewalOf(until, now));
    } catch (error) {
      if ((error as { readonly permanent?: unknown } | null)?.permanent === true) return this.#lose(held);
      this.#next(held, (until, now) => Math.min(until, now + Math.max(LEAST_PAUSE_MS, (until - now) / 4)));
    } finally {
      held.isRenewing = false;
    }
  }

  #next(held: Held, due: (until: number, now: number) => number): void {
    if (this.#held.get(held.delivery) !== held) return;
    held.due = due(held.delivery.lockedUntil ?? 0, this.#setup.now());
    this.#wakeAt(held.due);
  }

  #lose(held: Held): void {
    if (this.#held.get(held.delivery) !== held) return;
    this.release(held.delivery);
    this.#setup.lost(held.delivery);
  }
}

/** What is due soon is looked after too: brokers renew many locks by one request. */
function isDue({ due, delivery: { lockedUntil = 0 } }: Held, now: number): boolean {
  return due <= now || (due - now) * 10 <= lockedUntil - now;
}

function renewalOf(until: number, now: number): number {
  const left = until - now;
  return left > 0 ? until - Math.min(EARLY_MS, left / 2) : now + PACE_MS;
}
