import type { DeliveryErrorCode } from "../errors.js";
import type { Entry } from "./entry.js";
import type { FlushReport } from "./report.js";

/** How an event ended. A `code` says why it was not sent. */
export type Settlement =
  | { readonly as: "sent" }
  | { readonly as: "failed" | "dropped"; readonly code: DeliveryErrorCode };

export const SENT: Settlement = { as: "sent" };

/** The events accepted between two flushes. */
export interface Epoch {
  unsettled: number;
  readonly barriers: Set<Barrier>;
}

/** Waits for every event that was accepted before it, and counts how they end. */
export class Barrier {
  readonly done: Promise<void>;
  pending = 0;
  readonly #counts = { sent: 0, failed: 0, dropped: 0 };
  readonly #failures: Partial<Record<DeliveryErrorCode, number>> = {};
  #resolve!: () => void;

  constructor() {
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  watch(epochs: readonly Epoch[]): this {
    for (const epoch of epochs) {
      this.pending += epoch.unsettled;
      epoch.barriers.add(this);
    }
    if (this.pending === 0) this.#resolve();
    return this;
  }

  count(settlement: Settlement): void {
    this.#counts[settlement.as]++;
    if (settlement.as !== "sent")
      this.#failures[settlement.code] = (this.#failures[settlement.code] ?? 0) + 1;
    if (--this.pending === 0) this.#resolve();
  }

  report(durationMs: number): FlushReport {
    return { ...this.#counts, pending: this.pending, failures: { ...this.#failures }, durationMs };
  }
}

/**
 * The accounts: every accepted event is settled exactly once, and
 * `received = sent + failed + dropped + buffered + inFlight` holds at any moment.
 */
export class Ledger {
  received = 0;
  sent = 0;
  failed = 0;
  dropped = 0;
  /** In the buffer or waiting for a retry. */
  buffered = 0;
  inFlight = 0;
  /** Bodies of all that is unsettled. */
  bytes = 0;

  #current: Epoch = { unsettled: 0, barriers: new Set() };
  #open: Epoch[] = [this.#current];

  get unsettled(): number {
    return this.buffered + this.inFlight;
  }

  /** The epoch that a new event belongs to. */
  accept(bytes: number): Epoch {
    this.received++;
    this.buffered++;
    this.bytes += bytes;
    this.#current.unsettled++;
    return this.#current;
  }

  depart(events: number): void {
    this.buffered -= events;
    this.inFlight += events;
  }

  comeBack(events: number): void {
    this.buffered += events;
    this.inFlight -= events;
  }

  /** Ends a buffered event; `false` when it had ended before. */
  settle(entry: Entry, settlement: Settlement): boolean {
    if (entry.settled) return false;
    entry.settled = true;
    this.buffered--;
    this.bytes -= entry.body.length;
    this[settlement.as]++;
    const { epoch } = entry;
    epoch.unsettled--;
    for (const barrier of epoch.barriers) barrier.count(settlement);
    if (epoch.unsettled === 0 && epoch !== this.#current)
      this.#open = this.#open.filter((open) => open !== epoch);
    return true;
  }

  /** Waits for all that is accepted by now. */
  barrier(): Barrier {
    if (this.#current.unsettled > 0) {
      this.#current = { unsettled: 0, barriers: new Set() };
      this.#open.push(this.#current);
    }
    return new Barrier().watch(this.#open.filter((epoch) => epoch !== this.#current));
  }

  /** Stops counting for a barrier that nobody waits for any more. */
  release(barrier: Barrier): void {
    for (const epoch of this.#open) epoch.barriers.delete(barrier);
  }
}
