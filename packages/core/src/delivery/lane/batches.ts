import { SETTLED } from "../../buffer/event-log.js";
import type { InFlight } from "./in-flight.js";
import type { LaneSetup } from "./lane-setup.js";
import type { PoisonSearch } from "./poison.js";
import type { SendQueue } from "./send-queue.js";
import type { SendTimer } from "./send-timer.js";
import type { Throttle } from "./throttle.js";

export interface BatchesSetup
  extends Pick<LaneSetup, "log" | "options" | "share" | "deduplication" | "outcomes"> {
  readonly queue: SendQueue;
  readonly inFlight: InFlight;
  readonly sendTimer: SendTimer;
  readonly poison: PoisonSearch;
  readonly throttle: Throttle;
}

/** Decides which events a lane sends next. */
export class Batches {
  readonly #setup: BatchesSetup;

  constructor(setup: BatchesSetup) {
    this.#setup = setup;
  }

  /** Takes the next batch out of the queue; empty where nothing may be sent now. */
  next(credit: number): readonly number[] {
    const { queue, inFlight, sendTimer, poison, throttle, options, share, deduplication } = this.#setup;
    queue.purge();
    if (throttle.waiting) return [];
    const isProbing = poison.active || throttle.reason !== undefined;
    if (isProbing && inFlight.count > 0) return [];
    const want = Math.min(sendTimer.dueEvents(), options.batchSize, share, poison.limit);
    const room = share - inFlight.count;
    // A whole batch is worth waiting for, as long as something in flight will make room.
    if (room < want && inFlight.count > 0) return [];
    const batch = this.#take(Math.min(want, credit));
    const [suspect] = batch;
    // A broker that deduplicates would drop an overtaken event as a duplicate: there no event steps aside.
    const aside = suspect !== undefined && poison.standsAside(suspect) && !deduplication;
    return aside && batch.length === 1 ? this.#neighbourOf(suspect) : batch;
  }

  #take(events: number): number[] {
    const { log, queue, options, outcomes } = this.#setup;
    const batch: number[] = [];
    let bytes = 0;
    while (batch.length < events) {
      const head = queue.peek();
      if (head === undefined) break;
      const isSettled = log.has(head, SETTLED);
      const size = log.bodyBytes[head]!;
      if (!isSettled && batch.length > 0 && bytes + size > options.batchBytes) break;
      queue.take();
      if (isSettled || outcomes.expired(head)) continue;
      bytes += size;
      batch.push(head);
    }
    return batch;
  }

  /** The suspect waits until an event of another execution has shown that the connection is good. */
  #neighbourOf(suspect: number): number[] {
    const { log, queue } = this.#setup;
    const execution = log.execution[suspect];
    const neighbour = queue.takeFirst((slot) => log.execution[slot] !== execution);
    if (neighbour === undefined) return [suspect];
    queue.putBack([suspect]);
    return [neighbour];
  }
}
