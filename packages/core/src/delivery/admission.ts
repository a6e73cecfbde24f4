import type { PreparedMessage } from "../buffer/encoded-event.js";
import type { EventLog, RunLimits } from "../buffer/event-log.js";
import { joinsEvents, packingBytes } from "../buffer/packing.js";
import { DeliveryError } from "../errors.js";
import type { EventDispatcher } from "../telemetry/event-dispatcher.js";
import { fits, isHalfFree } from "./buffer-room.js";
import type { Clock } from "./clock.js";
import type { Lane } from "./lane/lane.js";
import type { LaneAffinity } from "./lane-affinity.js";
import type { Ledger } from "./ledger.js";
import type { Losses } from "./losses.js";
import type { DeliveryOptions } from "./options.js";
import { Room } from "./room.js";
import { SequenceGuard } from "./sequence-guard.js";
import type { Settlement, Waiter } from "./settlement.js";
import type { Spooling } from "./spool/spooling.js";

/** In the place of a slot: the event was accepted, and is on the disk alone. */
export const SPOOLED = -1;

export interface AdmissionSetup {
  readonly log: EventLog;
  readonly ledger: Ledger;
  readonly affinity: LaneAffinity;
  readonly settlement: Settlement;
  readonly losses: Losses;
  readonly spooling: Spooling | undefined;
  readonly events: Pick<EventDispatcher<never>, "dispatching" | "pendingBytes" | "drain">;
  readonly clock: Clock;
  readonly options: DeliveryOptions;
  /** The limit for one body, in bytes; infinite if the transport knows none. */
  readonly maxMessageBytes: number;
  lanes(): readonly Lane[];
  /** Chooses a lane for an execution that has no unsettled event. */
  chooseLane(hash: number): Lane;
}

/** Decides which events are accepted, and makes room for them. */
export class Admission {
  readonly #setup: AdmissionSetup;
  readonly #sequences = new SequenceGuard();
  readonly #maxBytes: number;
  readonly #room: Room;
  /** Something asks for the age of any event; else only a receipt tells one. Asking the clock took a tenth of admission. */
  readonly #isDated: boolean;
  /** What events that share a slot may have together; absent where each event is by itself until it is settled. */
  readonly #run: RunLimits | undefined;
  /** The most that a record has taken beside its body, in bytes. */
  #overhead = 0;

  constructor(setup: AdmissionSetup) {
    const { options, maxMessageBytes } = setup;
    this.#setup = setup;
    this.#isDated = options.deliveryTimeoutMs !== undefined || setup.spooling !== undefined;
    if (!this.#isDated && joinsEvents(options.packing) && options.overflow !== "drop-oldest")
      this.#run = { events: Math.min(options.batchSize, options.maxInFlight), bytes: options.batchBytes };
    const packed = options.packing === undefined ? 0 : packingBytes(options.packing);
    this.#maxBytes = Math.min(options.maxEventBytes, maxMessageBytes - packed, options.maxBufferedBytes);
    this.#room = new Room({
      clock: setup.clock,
      free: () => this.#freeRoom(),
      relaxed: () => this.#isRelaxed(),
    });
  }

  /** Accepts an event and returns its slot or {@link SPOOLED}, or why it was not accepted. */
  admit(message: PreparedMessage, waiter: Waiter | undefined): number | DeliveryError {
    const { events, options, settlement, log, affinity, spooling, losses } = this.#setup;
    // A program that publishes faster than its listeners are called must not pile up dropped events.
    if (events.pendingBytes > options.maxBufferedBytes / 4) events.drain();
    const { bytes, sequence } = message;
    if (bytes > this.#maxBytes) {
      const error = `the event has ${bytes} bytes, at most ${this.#maxBytes} are allowed (maxEventBytes)`;
      const slot = this.#enter(message, waiter);
      settlement.fail(slot, new DeliveryError("EVENT_TOO_LARGE", error), 0);
      return slot;
    }
    const invalid = this.#sequences.validate(sequence);
    if (invalid !== undefined) return this.reject(new DeliveryError("REJECTED", invalid));
    const size = log.bound(message);
    if (!this.#makeRoom(size)) {
      const error = new DeliveryError("BUFFER_FULL", spooling?.whyFull() ?? this.#whyFull());
      if (this.#overflow !== "drop-newest") return this.reject(error);
      settlement.drop(this.#enter(message, undefined), error);
      return error;
    }
    this.#overhead = Math.max(this.#overhead, size - bytes);
    this.#sequences.accepted(sequence);
    if (spooling !== undefined && (spooling.isTail || !fits(this.#setup, size))) {
      this.#room.taken();
      losses.watch();
      spooling.accept(message, waiter);
      return SPOOLED;
    }
    const slot = this.#enter(message, waiter, this.#run);
    spooling?.kept.keep(slot);
    affinity.laneOf(log.execution[slot]!).accept(slot, bytes);
    return slot;
  }

  reject(error: DeliveryError): DeliveryError {
    this.#setup.losses.refused(error);
    return error;
  }

  /** Resolves when there is room; `undefined` if there is room now, which is then kept for the caller. */
  ready(): Promise<void> | undefined {
    this.#setup.losses.heard();
    return this.#room.promise() ? undefined : this.#room.wait();
  }

  /** An event is settled. */
  freed(): void {
    if (this.#room.isAwaited) this.#room.freed();
  }

  /** Releases all waiters, even without room. */
  close(): void {
    this.#room.close();
  }

  #enter(message: PreparedMessage, waiter: Waiter | undefined, run?: RunLimits): number {
    const { ledger, losses, affinity, log, clock, settlement } = this.#setup;
    const mayJoin = run !== undefined && waiter === undefined && !ledger.isCut;
    const order = ledger.accept();
    this.#room.taken();
    losses.watch();
    const execution = affinity.enter(message.correlationId, this.#chooseLane);
    affinity.laneOf(execution).load++;
    if (mayJoin) {
      const joined = log.join(message, order, execution, run);
      if (joined !== undefined) return joined;
    }
    const acceptedAt = this.#isDated || waiter !== undefined ? clock.now() : 0;
    const slot = log.append(message, order, acceptedAt);
    log.execution[slot] = execution;
    if (waiter !== undefined) settlement.await(slot, waiter);
    return slot;
  }

  readonly #chooseLane = (hash: number): Lane => this.#setup.chooseLane(hash);

  #whyFull(): string {
    const { ledger, log } = this.#setup;
    return `the buffer is full (${ledger.unsettled} events, ${log.bytes} bytes); wait for ready(), or raise maxBufferedEvents`;
  }

  #hasRoom(bytes: number): boolean {
    const { spooling } = this.#setup;
    const inMemory = fits(this.#setup, bytes);
    return spooling === undefined ? inMemory : spooling.takes(bytes, inMemory);
  }

  /** A lower bound for how many more events fit. */
  #freeRoom(): number {
    const { ledger, log, options, spooling } = this.#setup;
    const bytes = this.#maxBytes + this.#overhead;
    const byBytes = Math.floor((options.maxBufferedBytes - log.bytes) / bytes);
    const least = ledger.unsettled === 0 ? 1 : 0;
    const fitting = Math.max(least, Math.min(options.maxBufferedEvents - ledger.unsettled, byBytes));
    return spooling === undefined ? fitting : spooling.room(bytes, fitting);
  }

  #isRelaxed(): boolean {
    return this.#setup.spooling?.isUsed ? this.#freeRoom() > 0 : isHalfFree(this.#setup);
  }

  /** A listener's own event never drops another: the report of that drop could make the listener publish the next. */
  get #overflow(): DeliveryOptions["overflow"] {
    return this.#setup.events.dispatching ? "reject" : this.#setup.options.overflow;
  }

  #makeRoom(bytes: number): boolean {
    const { log, settlement, spooling } = this.#setup;
    while (!this.#hasRoom(bytes)) {
      if (this.#overflow !== "drop-oldest") return false;
      // An event that is dropped makes no room on the disk.
      if (spooling !== undefined && !spooling.isDoneWithout) return false;
      const oldest = log.oldestOf(...this.#setup.lanes().map((lane) => lane.oldestBuffered()));
      if (oldest === undefined) return false;
      settlement.drop(
        oldest,
        new DeliveryError("DROPPED", "the buffer was full and this event the oldest in it"),
      );
    }
    return true;
  }
}
