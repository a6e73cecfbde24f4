import type { PreparedMessage } from "../../buffer/encoded-event.js";
import type { EventLog } from "../../buffer/event-log.js";
import { type RecordPlace, RecordWriter, recordMemory } from "../../buffer/record.js";
import { FROM_EARLIER, MAYBE_STORED } from "../../buffer/slots.js";
import type { DeliveryError } from "../../errors.js";
import type { Spool, SpooledEvent } from "../../spool/spool.js";
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

/** Takes events to the disk alone, and from there into memory, and knows who waits for them. */
export class Entrance {
  readonly #setup: EntranceSetup;
  /** The callers of `publish()`, by the order of their event, and the file of that. */
  readonly #waiters = new Map<number, { readonly waiter: Waiter; file: number }>();
  /** Events that their callers have withdrawn, and that were not read yet: by their order, the file. */
  readonly #withdrawn = new Map<number, number>();

  readonly #writer = new RecordWriter();
  /** The record of an event that goes to the disk alone. */
  #scratch: RecordPlace = { ...recordMemory(4096), record: 0 };

  constructor(setup: EntranceSetup) {
    this.#setup = setup;
  }

  /** Room that the record of this event takes at most, in bytes. */
  bound(message: PreparedMessage): number {
    return this.#writer.bound(message);
  }

  await(message: PreparedMessage, order: number, waiter: Waiter): void {
    // It enters memory too, if it is withdrawn.
    message.keepBody();
    this.#waiters.set(order, { waiter, file: 0 });
  }

  /** Adds an event to the disk alone. */
  add(message: PreparedMessage, order: number, spool: Spool): void {
    const bound = this.bound(message);
    if (this.#scratch.source.length < bound) this.#scratch = { ...recordMemory(2 * bound), record: 0 };
    this.#writer.write(this.#scratch, 0, message);
    const file = spool.add(spool.firstIndex + order, message.sequence, this.#scratch);
    const waiting = this.#waiters.get(order);
    if (waiting !== undefined) waiting.file = file;
  }

  /** The caller has aborted the event. Returns its file, unless it is not on the disk alone any more. */
  withdraw(message: PreparedMessage, order: number): number | undefined {
    const file = this.#waiters.get(order)?.file;
    if (file === undefined) return undefined;
    this.#withdrawn.set(order, file);
    this.#setup.settlement().withdraw(this.enterMessage(message, order));
    return file;
  }

  /** Whether an event was withdrawn that is read now. */
  skips(order: number): boolean {
    return this.#withdrawn.delete(order);
  }

  /** No more events are read for now. Returns those that were withdrawn: they are not read any more. */
  forgetWithdrawn(): readonly (readonly [order: number, file: number])[] {
    const withdrawn = [...this.#withdrawn];
    this.#withdrawn.clear();
    return withdrawn;
  }

  /** The events with an order above `order` will not come. */
  rejectAbove(order: number, error: DeliveryError): void {
    for (const [one, { waiter }] of this.#waiters) {
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
    const waiter = this.#waiters.get(order)?.waiter;
    if (waiter !== undefined) {
      this.#waiters.delete(order);
      this.#setup.settlement().await(slot, waiter);
      waiter.entered?.(slot);
    }
    lane.accept(slot);
  }
}
