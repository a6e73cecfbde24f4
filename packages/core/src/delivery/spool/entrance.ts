import type { PreparedMessage } from "../../buffer/encoded-event.js";
import { type EventLog, FROM_EARLIER, MAYBE_STORED } from "../../buffer/event-log.js";
import type { DeliveryError } from "../../errors.js";
import type { SpooledEvent } from "../../spool/spool.js";
import type { Clock } from "../clock.js";
import type { Lane } from "../lane/lane.js";
import type { LaneAffinity } from "../lane-affinity.js";
import type { Ledger } from "../ledger.js";
import type { Settlement, Waiter } from "../settlement.js";

export interface EntranceSetup {
  readonly log: EventLog;
  readonly ledger: Ledger;
  readonly affinity: LaneAffinity;
  readonly clock: Clock;
  settlement(): Settlement;
  chooseLane(hash: number): Lane;
}

/** Takes events that were accepted to the disk alone into memory, and knows who waits for them. */
export class Entrance {
  readonly #setup: EntranceSetup;
  /** The callers of `publish()`, by the order of their event. */
  readonly #waiters = new Map<number, Waiter>();

  constructor(setup: EntranceSetup) {
    this.#setup = setup;
  }

  await(order: number, waiter: Waiter): void {
    this.#waiters.set(order, waiter);
  }

  /** The events with an order above `order` will not come. */
  rejectAbove(order: number, error: DeliveryError): void {
    for (const [one, waiter] of this.#waiters) {
      if (one <= order) continue;
      this.#waiters.delete(one);
      waiter.reject(error);
    }
  }

  /** An event that was read back. */
  enter(event: SpooledEvent, order: number): void {
    const { log, clock } = this.#setup;
    // A clock that was set back makes no event older than it is.
    const age = Math.max(0, Date.now() - event.acceptedAt);
    const slot = log.appendRecord(event, order, clock.now() - age, event.sequence);
    log.spoolFile[slot] = event.file;
    // A publisher's own sequence is what the broker knows.
    log.spoolId[slot] = event.sequence || event.id;
    if (event.isEarlier) log.mark(slot, MAYBE_STORED | FROM_EARLIER);
    this.#entered(slot, order);
  }

  /** An event that the disk did not get. Returns its slot. */
  enterMessage(message: PreparedMessage, order: number): number {
    const { log, clock } = this.#setup;
    const slot = log.append(message, order, clock.now());
    this.#entered(slot, order);
    return slot;
  }

  #entered(slot: number, order: number): void {
    const { log, ledger, affinity } = this.#setup;
    ledger.refilled(order);
    const execution = affinity.enter(log.view(slot).correlationId, (hash) => this.#setup.chooseLane(hash));
    log.execution[slot] = execution;
    const lane = affinity.laneOf(execution);
    lane.load++;
    const waiter = this.#waiters.get(order);
    if (waiter !== undefined) {
      this.#waiters.delete(order);
      this.#setup.settlement().await(slot, waiter);
    }
    lane.accept(slot);
  }
}
