import { type Grouping, joinsEvents } from "../../buffer/packing.js";
import { SETTLED } from "../../buffer/slots.js";
import { grouper, hasFixedMessage, LOOK_BACK } from "./grouping.js";
import type { InFlight } from "./in-flight.js";
import type { LaneSetup } from "./lane-setup.js";
import type { PoisonSearch } from "./poison.js";
import type { SendQueue } from "./send-queue.js";
import type { SendTimer } from "./send-timer.js";
import type { Sequences } from "./sequences.js";
import type { Throttle } from "./throttle.js";

export interface BatchesSetup
  extends Pick<LaneSetup, "log" | "options" | "share" | "deduplication" | "outcomes"> {
  readonly queue: SendQueue;
  readonly inFlight: InFlight;
  readonly sendTimer: SendTimer;
  readonly sequences: Sequences;
  readonly poison: PoisonSearch;
  readonly throttle: Throttle;
}

/** The events that a lane sends next; without `ends` each is a message. */
export type NextBatch = Pick<Grouping, "slots"> & Partial<Grouping>;

const none: NextBatch = { slots: [] };

/** Messages of several events leave together up to this size, in bytes: what is compressed holds the event loop. */
const TOGETHER_BYTES = 256 * 1024;

/** Each event is a message. */
const apart = (slots: readonly number[]): Grouping => ({ slots, ends: slots.map((_, index) => index + 1) });

/** Decides which events a lane sends next, and which of them are one message. */
export class Batches {
  readonly #setup: BatchesSetup;
  readonly #group?: (slots: readonly number[]) => Grouping;
  readonly #joins: boolean;
  /** Is used again: a list that grows takes half as much again, and lives until the broker has answered. */
  readonly #taken: number[] = [];

  constructor(setup: BatchesSetup) {
    this.#setup = setup;
    const { packing } = setup.options;
    this.#joins = joinsEvents(packing);
    const storedBefore = () => setup.sequences.storedBefore;
    if (packing !== undefined) this.#group = this.#joins ? grouper({ ...setup, storedBefore }) : apart;
  }

  /**
   * Takes the next batch out of the queue; empty where nothing may be sent now.
   *
   * @param credit how many messages the connection takes.
   */
  next(credit: number): NextBatch {
    if (this.#group === undefined) return { slots: this.#events(credit) };
    if (credit <= 0) return none;
    const { slots, ends } = this.#group(this.#events(credit));
    const taken = ends.slice(0, credit);
    const events = taken.at(-1) ?? 0;
    const rest = slots.slice(events);
    this.#setup.queue.putBack(rest);
    this.#setup.sequences.passedOver(rest);
    return { slots: slots.slice(0, events), ends: taken };
  }

  #events(credit: number): readonly number[] {
    const { queue, inFlight, sendTimer, poison, throttle, options, share, deduplication } = this.#setup;
    queue.purge();
    if (throttle.waiting) return [];
    const isProbing = poison.active || throttle.reason !== undefined;
    if (isProbing && inFlight.count > 0) return [];
    const room = share - inFlight.count;
    const allowed = Math.min(sendTimer.dueEvents(), poison.limit);
    const want = Math.min(allowed, options.batchSize, share);
    // Waiting for a full batch pays off as long as something in flight will make room.
    if (room < want && inFlight.count > 0) return [];
    const batch = this.#joins
      ? this.#take(this.#forMessages(credit, Math.min(allowed, room)), TOGETHER_BYTES)
      : this.#take(Math.min(want, credit), 0);
    const [suspect] = batch;
    // A broker that deduplicates would drop an overtaken event as a duplicate: there no event steps aside.
    const aside = suspect !== undefined && poison.standsAside(suspect) && !deduplication;
    return aside && batch.length === 1 ? this.#neighbourOf(suspect) : batch;
  }

  /** Of events with many routing keys several messages are filled at a time; a batch that is not full yet waits. */
  #forMessages(credit: number, events: number): number {
    const { batchSize } = this.#setup.options;
    const whole = events > batchSize ? events - (events % batchSize) : events;
    return Math.min(whole, batchSize * Math.min(credit, LOOK_BACK));
  }

  /** @param leastBytes is the limit where `batchBytes` is lower. */
  #take(events: number, leastBytes: number): number[] {
    const { log, queue, options, outcomes, deduplication, sequences } = this.#setup;
    const most = Math.max(options.batchBytes, leastBytes);
    const batch = this.#taken;
    let count = 0;
    let taken = 0;
    let bytes = 0;
    const between = options.packing === undefined ? 0 : 1;
    for (let head = queue.peek(); head !== undefined; head = queue.peek()) {
      const isSettled = log.has(head, SETTLED);
      const size = log.bodyBytes[head]! + between;
      const isFull = taken >= events || (count > 0 && bytes + size > most);
      if (isFull && !isSettled && !this.#isOneMessage(batch[count - 1], head)) break;
      queue.take();
      if (isSettled || outcomes.expired(head)) continue;
      if (deduplication && sequences.isStored(head)) {
        outcomes.sent([head], "confirmed", 0);
        continue;
      }
      queue.putRestBack(head, Math.max(1, events - taken));
      bytes += log.bodyBytes[head]! + between;
      taken += log.events[head]!;
      batch[count++] = head;
    }
    return batch.slice(0, count);
  }

  /** Both were sent as one message, and may only go again so. */
  #isOneMessage(last: number | undefined, next: number): boolean {
    const { log, deduplication, options } = this.#setup;
    if (last === undefined || options.packing === undefined) return false;
    return log.sequence[last] === log.sequence[next] && hasFixedMessage(log, next, deduplication);
  }

  /** The suspect waits until an event of another execution has proven the connection good. */
  #neighbourOf(suspect: number): number[] {
    const { log, queue } = this.#setup;
    const { correlationId } = log.view(suspect);
    const neighbour = queue.takeFirst((slot) => log.view(slot).correlationId !== correlationId);
    if (neighbour === undefined) return [suspect];
    queue.putRestBack(neighbour, 1);
    queue.putBack([suspect]);
    return [neighbour];
  }
}
