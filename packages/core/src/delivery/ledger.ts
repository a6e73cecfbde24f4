import type { DeliveryErrorCode } from "../errors.js";
import type { FlushReport } from "./report.js";

/** How an event was settled. A `code` says why it was not sent. */
export type Settlement =
  | { readonly as: "sent" }
  | { readonly as: "failed" | "dropped"; readonly code: DeliveryErrorCode };

export const SENT: Settlement = { as: "sent" };

/** How many events were settled in which way. */
class Tally {
  sent = 0;
  failed = 0;
  dropped = 0;
  readonly failures = new Map<DeliveryErrorCode, number>();

  add(settlement: Settlement): void {
    this[settlement.as]++;
    if (settlement.as !== "sent") this.#addFailures(settlement.code, 1);
  }

  /** Adds `other`, or subtracts it with -1. */
  addAll(other: Tally, sign: 1 | -1 = 1): this {
    this.sent += sign * other.sent;
    this.failed += sign * other.failed;
    this.dropped += sign * other.dropped;
    for (const [code, count] of other.failures) this.#addFailures(code, sign * count);
    return this;
  }

  report(rejected: number, pending: number, durationMs: number): FlushReport {
    const { sent, failed, dropped } = this;
    const failures = Object.fromEntries([...this.failures].filter(([, count]) => count > 0));
    return { sent, failed, dropped, rejected, pending, failures, durationMs };
  }

  #addFailures(code: DeliveryErrorCode, count: number): void {
    this.failures.set(code, (this.failures.get(code) ?? 0) + count);
  }
}

/** The events accepted between two barriers. */
interface Epoch {
  /** The order of the epoch's last event. */
  upTo: number;
  unsettled: number;
  readonly ended: Tally;
  readonly barriers: Set<Barrier>;
}

/** Waits for every event that was accepted before it, and reports how they were settled. */
export interface Barrier {
  readonly done: Promise<void>;
  readonly pending: number;
  report(durationMs: number): FlushReport;
  /** The last barrier that waited for it is gone. */
  release(): void;
  /** All its events are settled. */
  resolve(): void;
}

/**
 * The accounts: every accepted event is settled exactly once, and
 * `received = sent + failed + dropped + buffered + inFlight` holds at any moment.
 */
export class Ledger {
  received = 0;
  /** Events in the buffer or waiting for a retry. */
  buffered = 0;
  inFlight = 0;
  /** Events that were never accepted. */
  rejected = 0;
  /** Rejected events that a flush has reported. */
  #reportedRejected = 0;

  readonly #ended = new Tally();
  /** The sum of the epochs that are over, as are all before them. */
  readonly #over = new Tally();
  /** An epoch for each position of a barrier, and the current one. */
  readonly #open: Epoch[] = [newEpoch()];

  get sent(): number {
    return this.#ended.sent;
  }

  get failed(): number {
    return this.#ended.failed;
  }

  get dropped(): number {
    return this.#ended.dropped;
  }

  get unsettled(): number {
    return this.buffered + this.inFlight;
  }

  /** Counts a new event and returns its order. */
  accept(): number {
    this.received++;
    this.buffered++;
    this.#open.at(-1)!.unsettled++;
    return this.received;
  }

  depart(events: number): void {
    this.buffered -= events;
    this.inFlight += events;
  }

  comeBack(events: number): void {
    this.buffered += events;
    this.inFlight -= events;
  }

  /** A buffered event is settled. */
  settle(order: number, settlement: Settlement): void {
    this.buffered--;
    this.#ended.add(settlement);
    const epoch = this.#open.find(({ upTo }) => order <= upTo)!;
    epoch.ended.add(settlement);
    epoch.unsettled--;
    if (epoch.unsettled === 0) this.#close();
  }

  /** The totals since the beginning. */
  report(durationMs: number): FlushReport {
    return this.#ended.report(this.rejected, this.unsettled, durationMs);
  }

  /** Waits for all events accepted by now. */
  barrier(): Barrier {
    // The barrier reports what is settled from here on in these epochs.
    const before = new Tally().addAll(this.#ended);
    const last = this.#cut();
    const awaited = () => this.#open.slice(0, this.#open.indexOf(last) + 1);
    let ended: Tally | undefined;
    let settle = () => {};
    const done = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const now = () =>
      awaited().reduce((sum, epoch) => sum.addAll(epoch.ended), new Tally().addAll(this.#over));
    const rejected = () => {
      const unreported = this.rejected - this.#reportedRejected;
      this.#reportedRejected = this.rejected;
      return unreported;
    };
    const barrier: Barrier = {
      done,
      get pending() {
        return ended === undefined ? awaited().reduce((sum, epoch) => sum + epoch.unsettled, 0) : 0;
      },
      report(durationMs) {
        return new Tally()
          .addAll(ended ?? now())
          .addAll(before, -1)
          .report(rejected(), this.pending, durationMs);
      },
      release: () => {
        last.barriers.delete(barrier);
        this.#join(last);
      },
      resolve: () => {
        ended = new Tally().addAll(this.#over);
        settle();
      },
    };
    last.barriers.add(barrier);
    this.#close();
    return barrier;
  }

  /** The epoch that ends with the last event accepted so far. */
  #cut(): Epoch {
    const before = this.#open.at(-2);
    if (before?.upTo === this.received) return before;
    const last = this.#open.at(-1)!;
    last.upTo = this.received;
    this.#open.push(newEpoch());
    return last;
  }

  /** The last barrier at its end is gone: its events now belong to the epoch after it. */
  #join(epoch: Epoch): void {
    const at = this.#open.indexOf(epoch);
    if (at < 0 || epoch.barriers.size > 0) return;
    const next = this.#open[at + 1]!;
    next.unsettled += epoch.unsettled;
    next.ended.addAll(epoch.ended);
    this.#open.splice(at, 1);
  }

  /** Removes the oldest epochs that are over, and resolves the barriers that wait for them. */
  #close(): void {
    for (
      let oldest = this.#open[0]!;
      this.#open.length > 1 && oldest.unsettled === 0;
      oldest = this.#open[0]!
    ) {
      this.#open.shift();
      this.#over.addAll(oldest.ended);
      for (const barrier of oldest.barriers) barrier.resolve();
    }
  }
}

const newEpoch = (): Epoch => ({
  upTo: Number.POSITIVE_INFINITY,
  unsettled: 0,
  ended: new Tally(),
  barriers: new Set(),
});
