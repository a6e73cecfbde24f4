import type { EventLog } from "../../buffer/event-log.js";
import { textOf } from "../../error-text.js";
import { type StreamllError, TransportError } from "../../errors.js";
import type { Flow, PublishOutcome, TransportConnection } from "../../transport.js";
import type { EndpointState } from "../connection/endpoints.js";
import { Batches, type NextBatch } from "./batches.js";
import { drainedBytesOf, problemOf } from "./connection-state.js";
import { FlowState } from "./flow-state.js";
import { Handovers } from "./handover.js";
import { type Flight, InFlight } from "./in-flight.js";
import type { LaneSetup, Outage } from "./lane-setup.js";
import { OutcomeHandler } from "./outcome-handler.js";
import { overdue, patience, silenceOf } from "./patience.js";
import { isolation, PoisonSearch } from "./poison.js";
import { Retries } from "./retries.js";
import { isSent } from "./retry.js";
import { type RewindSetup, rewind } from "./rewind.js";
import { SendQueue } from "./send-queue.js";
import { SendTimer } from "./send-timer.js";
import { Sequences } from "./sequences.js";
import { Throttle } from "./throttle.js";
import { Watchdog } from "./watchdog.js";

/**
 * A lane keeps order and has one connection at a time. Each of its events is in one of three places: in its queue, in
 * flight, or waiting for a retry.
 */
export class Lane {
  readonly index: number;
  /** Unsettled events of this lane. */
  load = 0;
  outage: Outage | undefined;
  /** Why the broker blocks publishing. */
  blocked: string | undefined;

  readonly #setup: LaneSetup;
  readonly #log: EventLog;
  readonly #queue: SendQueue;
  readonly #inFlight: InFlight;
  readonly #retries: Retries;
  readonly #sequences: Sequences;
  readonly #flow: FlowState;
  readonly #sendTimer: SendTimer;
  readonly #watchdog: Watchdog;
  readonly #poison: PoisonSearch;
  readonly #throttle: Throttle;
  readonly #parts: RewindSetup;
  readonly #batches: Batches;
  readonly #handover: Handovers;
  readonly #handler: OutcomeHandler;
  #connection: TransportConnection | undefined;
  #endpoint: EndpointState | undefined;
  #proven = false;

  constructor(index: number, setup: LaneSetup) {
    const { log, clock, options, deduplication, outcomes } = setup;
    this.index = index;
    this.#setup = setup;
    this.#log = log;
    this.#queue = new SendQueue({ log, deduplication, expired: (slot) => outcomes.expired(slot) });
    this.#inFlight = new InFlight(log);
    this.#retries = new Retries(clock);
    this.#sequences = new Sequences(log, this.#queue, deduplication ? setup.spooling : undefined);
    this.#flow = new FlowState(clock);
    this.#sendTimer = new SendTimer({ clock, options, queue: this.#queue, send: () => this.#send() });
    this.#poison = new PoisonSearch(options.maxRetries);
    this.#throttle = new Throttle({ ...setup, changed: () => this.#updateBlocked() });
    const parts = {
      ...setup,
      queue: this.#queue,
      inFlight: this.#inFlight,
      retries: this.#retries,
      sequences: this.#sequences,
      sendTimer: this.#sendTimer,
      poison: this.#poison,
      throttle: this.#throttle,
    };
    this.#parts = parts;
    this.#batches = new Batches(parts);
    this.#handover = new Handovers(log, options.packing);
    this.#handler = new OutcomeHandler({ ...parts, again: (slot) => this.again([slot]) });
    this.#watchdog = new Watchdog({
      clock,
      timeoutMs: () => patience(setup).ms,
      owed: () => this.connected && this.inFlight > 0 && this.#flow.blocked === undefined,
      drained: () => drainedBytesOf(this.#connection),
      expired: () => this.#abandon(new TransportError("timeout", `${this.endpoint}: ${silenceOf(setup)}`)),
      overdue: (writtenBefore) => this.#checkOverdue(writtenBefore),
    });
  }

  get inFlight(): number {
    return this.#inFlight.count;
  }

  get down(): boolean {
    return this.outage?.tried === true;
  }

  get connected(): boolean {
    return this.#connection !== undefined;
  }

  /** The highest sequence that the broker has of this lane; unknown until it is connected. */
  get storedTo(): number | undefined {
    return this.#sequences.storedTo;
  }

  /** The endpoint of the present connection, or else of the last one. */
  get endpoint(): string {
    return this.#endpoint?.endpoint.label ?? "";
  }

  /** A fault that its connection reports without ending. */
  get problem(): StreamllError | undefined {
    return problemOf(this.#connection);
  }

  /** For how long the broker has owed an answer, in milliseconds. */
  get silence(): number {
    return this.#watchdog.silence;
  }

  /** For how long the connection has accepted nothing without giving a reason, in milliseconds. */
  get congestion(): number {
    return this.#flow.congestion;
  }

  accept(slot: number, bytes?: number): void {
    this.#queue.push(slot, bytes);
    this.#schedule();
  }

  /** A flush runs, so that no event waits for its batch to fill. */
  hurry(): void {
    this.#queue.hurry();
    this.#schedule();
  }

  /** The oldest event that is not in flight. */
  oldestBuffered(): number | undefined {
    this.#queue.purge();
    return this.#log.oldestOf(this.#queue.peek(), this.#retries.oldest);
  }

  /** An event was settled; the lane forgets it. */
  left(slot: number): void {
    this.load -= this.#log.events[slot]!;
    this.#retries.cancel(slot);
    this.#poison.left(slot);
  }

  /** An event in the queue was settled. */
  abandoned(): void {
    this.#queue.abandoned();
  }

  /** Settles events that are too old. */
  expire(): void {
    this.#queue.purge();
    for (const slot of this.#retries.slots) this.#setup.outcomes.expired(slot);
  }

  /** Queues events again, each in its place: for example a dead letter. */
  again(slots: readonly number[]): void {
    this.#queue.putBack(slots);
    this.#schedule();
  }

  /** Takes events over from another lane, whose sequences do not apply here. */
  adopt(slots: readonly number[]): void {
    for (const slot of slots) this.#log.renumber(slot);
    this.again(slots);
  }

  /** Removes all unsettled events, in order: for the end of `stop()`, or for other lanes. */
  drain(): number[] {
    this.#cancelTimers();
    rewind(this.#parts);
    return this.#log.inOrder(this.#log.apart([...this.#queue.clear(), ...this.#retries.clear()]));
  }

  opened(connection: TransportConnection, endpoint: EndpointState): void {
    this.outage = undefined;
    this.#connection = connection;
    this.#endpoint = endpoint;
    this.#proven = false;
    this.#flow.reset();
    this.#queue.hurry();
    this.#sequences.connected(connection.lastSequence ?? 0);
    connection.onFlow((flow) => {
      if (this.#connection === connection) this.#flowed(flow);
    });
    this.#schedule();
  }

  /** The connection is gone: rewinds the lane. Returns whether the connection ever answered for an event. */
  lost(error: TransportError | undefined): boolean {
    if (this.#connection === undefined) return this.#proven;
    this.#connection = undefined;
    this.#cancelTimers();
    this.#flow.reset();
    this.#updateBlocked();
    const { slots, isOneMessage } = rewind(this.#parts, error);
    const guilty = this.#poison.disconnected(isOneMessage ? slots.slice(0, 1) : slots, error);
    if (guilty !== undefined && error !== undefined)
      for (const slot of isOneMessage ? slots : [guilty]) this.#isolate(slot, error);
    return this.#proven;
  }

  #schedule(): void {
    if (this.connected) this.#sendTimer.schedule();
  }

  #send(): void {
    let left = this.#handover.bytesPerTurn;
    for (let connection = this.#connection; connection && left > 0; connection = this.#connection) {
      const batch = this.#batches.next(this.#flow.credit);
      if (batch.slots.length === 0) break;
      left -= this.#write(connection, batch);
    }
    if (left <= 0 || this.#sendTimer.dueEvents() === 0) this.#schedule();
  }

  /** Returns how many bytes the bodies had before they were compressed. */
  #write(connection: TransportConnection, { slots, ends }: NextBatch): number {
    this.#sequences.assign(slots, ends);
    if (this.inFlight === 0) this.#watchdog.progress();
    const flight = this.#inFlight.depart(slots, this.#setup.clock.now());
    this.#flow.credit -= ends?.length ?? slots.length;
    this.#setup.outcomes.departed(this.#log.eventsIn(slots));
    this.#watchdog.arm();
    try {
      const handover = this.#handover.of(flight, ends, (...outcome) => this.#answered(flight, ...outcome));
      this.#setup.outcomes.handedOver(handover);
      connection.publish(handover.batch, handover.settle);
      return handover.bytes + handover.savedBytes;
    } catch (error) {
      this.#abandon(new TransportError("protocol", `publish threw: ${textOf(error)}`, { cause: error }));
      return 0;
    }
  }

  #answered(flight: Flight, from: number, to: number, outcome: PublishOutcome): void {
    const slots = this.#inFlight.answered(flight, from, to);
    if (slots.length === 0) return;
    this.#landed(slots, outcome, this.#setup.clock.now() - flight.writtenAt);
    this.#watchdog.progress();
  }

  #landed(slots: readonly number[], outcome: PublishOutcome, latencyMs: number): void {
    if (outcome?.kind === "refused" || isSent(outcome)) {
      this.#proven = true;
      this.#endpoint?.breaker.proven();
    }
    const broken = this.#handler.handle(slots, outcome, latencyMs);
    if (broken !== undefined) this.#abandon(broken);
    this.#schedule();
  }

  /** Later events were answered and these were not: each is retried by itself, and uses an attempt. */
  #checkOverdue(writtenBefore: number): void {
    const outcome: PublishOutcome = { kind: "unknown", error: overdue() };
    for (const slots of this.#inFlight.overdue(writtenBefore)) this.#landed(slots, outcome, 0);
  }

  #isolate(slot: number, cause: TransportError): void {
    this.#poison.settled(1);
    this.#setup.outcomes.isolated(slot, isolation(cause));
  }

  #abandon(error: TransportError): void {
    this.#setup.abandon(error);
    this.lost(error);
  }

  #flowed(flow: Flow): void {
    if (this.#flow.changed(flow)) {
      this.#updateBlocked();
      this.#watchdog.progress();
    }
    if (this.inFlight > 0 && this.#flow.blocked === undefined) this.#watchdog.arm();
    if (flow.credit > 0) this.#schedule();
  }

  #updateBlocked(): void {
    const reason = this.#flow.blocked ?? this.#throttle.reason;
    if (reason !== this.blocked) {
      this.blocked = reason;
      this.#setup.blocked(reason);
    }
    this.#schedule();
  }

  #cancelTimers(): void {
    this.#throttle.over();
    this.#watchdog.disarm();
    this.#sendTimer.cancel();
  }
}
