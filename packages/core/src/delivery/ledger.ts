import type { FlushReport } from "./report.js";
import { type Open, type Settlement, Tally } from "./tally.js";

/** The events accepted between two barriers. */
interface Epoch {
  /** The order of the epoch's last event. */
  upTo: number;
  unsettled: number;
  /** How many of the unsettled are on the disk alone. */
  spooled: number;
  readonly ended: Tally;
  readonly barriers: Set<Barrier>;
}

/** Waits for every event that was accepted before it, and reports how they were settled. */
export interface Barrier {
  readonly done: Promise<void>;
  /** Events that are not settled. */
  readonly unsettled: number;
  report(durationMs: number): FlushReport;
  /** The last barrier that waited for it is gone. */
  release(): void;
  /** All its events are settled. */
  resolve(): void;
}

/**
 * The accounts: every accepted event is settled exactly once, and
 * `received = sent + failed + dropped + buffered + inFlight + spooled` holds at any moment.
 */
export class Ledger {
  received = 0;
  /** Events in the buffer or waiting for a retry. */
  buffered = 0;
  inFlight = 0;
  /** Events that lie in the spool alone. */
  spooled = 0;
  /** Events that were never accepted. */
  rejected = 0;
  /** Rejected events that a flush has reported. */
  #reportedRejected = 0;
  /** The order of the last event that was accepted. */
  #order = 0;
  readonly #hasSpool: boolean;

  readonly #ended = new Tally();
  /** The sum of the epochs that are over, as are all before them. */
  readonly #over = new Tally();
  /** An epoch for each position of a barrier, and the current one. */
  readonly #open: Epoch[] = [newEpoch()];

  constructor(hasSpool = false) {
    this.#hasSpool = hasSpool;
  }

  get sent(): number {
    return this.#ended.sent;
  }

  get failed(): number {
    return this.#ended.failed;
  }

  get dropped(): number {
    return this.#ended.dropped;
  }

  /** Events in memory that are not settled. */
  get unsettled(): number {
    return this.buffered + this.inFlight;
  }

  /** All events that are not settled. */
  get open(): number {
    return this.unsettled + this.spooled;
  }

  get lastOrder(): number {
    return this.#order;
  }

  /** Counts a new event and returns its order. */
  accept(): number {
    this.received++;
    this.buffered++;
    this.#open.at(-1)!.unsettled++;
    return ++this.#order;
  }

  /** Counts a new event that goes to the disk alone, and returns its order. */
  acceptSpooled(): number {
    const order = this.accept();
    this.#toDisk(this.#open.at(-1)!, 1);
    return order;
  }

  /** Counts events that an earlier program has left on the disk: their orders are below those of all others. */
  found(events: number): void {
    this.received += events;
    this.spooled += events;
    this.#open[0]!.unsettled += events;
    this.#open[0]!.spooled += events;
  }

  /** An event came from the disk into the buffer. */
  refilled(order: number): void {
    this.#toDisk(this.#epochOf(order), -1);
  }

  /** An event of the buffer stays on the disk, for the next program. */
  left(order: number): void {
    this.#toDisk(this.#epochOf(order), 1);
  }

  /** Of the events that are on the disk alone, so many at most are lost, the last ones. Returns how many. */
  loseSpooled(settlement: Settlement, most = this.spooled): number {
    const before = this.spooled;
    for (const epoch of this.#open.toReversed()) {
      const lost = Math.min(epoch.spooled, most - (before - this.spooled));
      this.#ended.add(settlement, lost);
      epoch.ended.add(settlement, lost);
      epoch.unsettled -= lost;
      epoch.spooled -= lost;
      this.spooled -= lost;
    }
    this.#close();
    return before - this.spooled;
  }

  /** Orders up to this one are passed over. */
  skipTo(order: number): void {
    this.#order = Math.max(this.#order, order);
  }

  depart(events: number): void {
    this.buffered -= events;
    this.inFlight += events;
  }

  comeBack(events: number): void {
    this.buffered += events;
    this.inFlight -= events;
  }

  /** Whether a barrier has been set after the last event that was accepted. */
  get isCut(): boolean {
    return this.#open.at(-2)?.upTo === this.#order;
  }

  /** Buffered events are settled, of which the first has this order; no barrier lies between them. */
  settle(order: number, settlement: Settlement, events = 1): void {
    this.buffered -= events;
    this.#ended.add(settlement, events);
    const epoch = this.#epochOf(order);
    epoch.ended.add(settlement, events);
    epoch.unsettled -= events;
    if (epoch.unsettled === 0) this.#close();
  }

  /** The totals since the beginning. */
  report(durationMs: number): FlushReport {
    return this.#ended.report(this.rejected, this.#openOf(this.open, this.spooled), durationMs);
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
    const openOf = (unsettled: number, spooled: number) => this.#openOf(unsettled, spooled);
    const rejected = () => {
      const unreported = this.rejected - this.#reportedRejected;
      this.#reportedRejected = this.rejected;
      return unreported;
    };
    const barrier: Barrier = {
      done,
      get unsettled() {
        return ended === undefined ? awaited().reduce((sum, epoch) => sum + epoch.unsettled, 0) : 0;
      },
      report(durationMs) {
        const spooled = ended === undefined ? awaited().reduce((sum, epoch) => sum + epoch.spooled, 0) : 0;
        return new Tally()
          .addAll(ended ?? now())
          .addAll(before, -1)
          .report(rejected(), openOf(this.unsettled, spooled), durationMs);
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

  #openOf(unsettled: number, spooled: number): Open {
    return this.#hasSpool ? { pending: unsettled - spooled, spooled } : { pending: unsettled };
  }

  #epochOf(order: number): Epoch {
    return this.#open.find(({ upTo }) => order <= upTo)!;
  }

  /** Moves events of an epoch between memory and disk. */
  #toDisk(epoch: Epoch, events: number): void {
    epoch.spooled += events;
    this.spooled += events;
    this.buffered -= events;
  }

  /** The epoch that ends with the last event accepted so far. */
  #cut(): Epoch {
    if (this.isCut) return this.#open.at(-2)!;
    const last = this.#open.at(-1)!;
    last.upTo = this.#order;
    this.#open.push(newEpoch());
    return last;
  }

  /** The last barrier at its end is gone: its events now belong to the epoch after it. */
  #join(epoch: Epoch): void {
    const at = this.#open.indexOf(epoch);
    if (at < 0 || epoch.barriers.size > 0) return;
    const next = this.#open[at + 1]!;
    next.unsettled += epoch.unsettled;
    next.spooled += epoch.spooled;
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
  spooled: 0,
  ended: new Tally(),
  barriers: new Set(),
});
