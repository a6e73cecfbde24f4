import { isStreamllError } from "../copies.js";
import { textOf } from "../error-text.js";
import { type StreamllError, TransportError } from "../errors.js";
import { told } from "../redact.js";
import type { Flow, PublishOutcome, TransportConnection } from "../transport.js";
import { fullJitter } from "./backoff.js";
import type { Clock } from "./clock.js";
import type { Site } from "./endpoints.js";
import type { Entry, Flight } from "./entry.js";
import { Fifo } from "./fifo.js";
import type { DeliveryOptions } from "./options.js";
import { PoisonSearch } from "./poison.js";
import { Throttle } from "./throttle.js";
import { Watchdog } from "./watchdog.js";

/** What to do about one that says nothing. */
export const LOOK_AT_THE_BROKER =
  "See whether the broker hangs (its log, its disk) or the network swallows what is sent";

/** An answer may take so long, in milliseconds, however short `flushTimeout` is. */
const SLOW_MS = 2000;

const noReason = new TransportError("protocol", "refused without a reason");

/** A lane without a connection: since when, and what it ended or failed with. */
export interface Outage {
  readonly since: number;
  readonly error?: StreamllError | undefined;
  /** It had a connection, or has tried each address. */
  readonly tried?: true;
}

/** What a lane tells the engine, and what it takes from it. */
export interface LaneSetup {
  readonly options: DeliveryOptions;
  readonly clock: Clock;
  readonly random: () => number;
  /** Somebody flushes. */
  urgent(): boolean;
  /** How many events this lane may have in flight. */
  readonly share: number;
  /** The broker deduplicates by sequence: what is unknown must go again in its old place. */
  readonly deduplication: boolean;
  departed(flight: Flight): void;
  /** They are back from their flight, without an outcome. */
  cameBack(events: number): void;
  sent(entries: readonly Entry[], outcome: "confirmed" | "written", latencyMs: number): void;
  /** The broker refused it, or it stayed unanswered: `retry` says whether it goes again. */
  refused(entry: Entry, error: TransportError, retry: boolean): void;
  /** It ends every connection that carries it. */
  convicted(entry: Entry, error: TransportError): void;
  /** `true` when it was too old, and is settled. */
  expired(entry: Entry): boolean;
  blocked(reason: string | undefined): void;
  giveUp(error: TransportError): void;
}

/**
 * A lane keeps order and has one connection at a time. Its events are in one of three places: in its queue, in flight,
 * or waiting for a retry. The queue is sorted: what comes back takes the place that it had.
 */
export class Lane {
  readonly index: number;
  /** Unsettled events of this lane; the engine counts them. */
  load = 0;
  inFlight = 0;
  outage: Outage | undefined;
  /** The highest sequence that the broker confirmed, or had from before; unknown until it is connected. */
  storedTo: number | undefined;
  blocked: string | undefined;

  readonly #setup: LaneSetup;
  readonly #queue = new Fifo<Entry>();
  #queuedBytes = 0;
  /** About so many in the queue are settled. */
  #abandoned = 0;
  readonly #waiting = new Map<Entry, () => void>();
  readonly #flights = new Fifo<Flight>();
  readonly #watchdog: Watchdog;
  readonly #poison: PoisonSearch;
  readonly #throttle: Throttle;

  #connection: TransportConnection | undefined;
  #site: Site | undefined;
  #proven = false;
  #credit = 0;
  /** Why the connection takes nothing, in its own words. */
  #stopped: string | undefined;
  #congestedAt: number | undefined;
  #sequence = 0;
  /** What the broker had when the present connection was opened. */
  #storedBefore = 0;
  /** The highest sequence that this connection has carried. */
  #carried = 0;
  #flightId = 0;
  #answeredFlight = 0;
  /** How many at the head of the queue need not wait for their batch to fill. */
  #due = 0;
  #batchTimer: (() => void) | undefined;
  #pumpSoon: (() => void) | undefined;

  constructor(index: number, setup: LaneSetup) {
    this.index = index;
    this.#setup = setup;
    this.#poison = new PoisonSearch(setup.options.maxRetries);
    this.#throttle = new Throttle({ ...setup, changed: () => this.#tellBlocked() });
    this.#watchdog = new Watchdog({
      clock: setup.clock,
      timeoutMs: () => this.#patience().ms,
      owed: () => this.#connection !== undefined && this.inFlight > 0 && this.#stopped === undefined,
      drained: () => this.#drainedBytes(),
      expired: () => {
        const { ms, option } = this.#patience();
        this.#giveUp(
          new TransportError(
            "timeout",
            `${this.endpoint}: nothing confirmed and no byte taken for ${ms / 1000} s (${option}). ${LOOK_AT_THE_BROKER}`,
          ),
        );
      },
      overdue: (writtenBefore) => this.#retryOverdue(writtenBefore),
    });
  }

  get down(): boolean {
    return this.outage?.tried === true;
  }

  get connected(): boolean {
    return this.#connection !== undefined;
  }

  /** Where it is connected, or was last. */
  get endpoint(): string {
    return this.#site?.endpoint.label ?? "";
  }

  /** What its connection sees that is wrong, and goes on. */
  get problem(): StreamllError | undefined {
    // The transport may be somebody's first.
    try {
      const problem = this.#connection?.problem;
      return isStreamllError(problem) ? problem : undefined;
    } catch {
      return undefined;
    }
  }

  /** For how long the broker has owed an answer, in milliseconds. */
  get silence(): number {
    return this.#watchdog.silence;
  }

  /** For how long the connection has taken nothing more, without saying why, in milliseconds. */
  get congestion(): number {
    return this.#congestedAt === undefined ? 0 : this.#setup.clock.now() - this.#congestedAt;
  }

  accept(entry: Entry): void {
    this.#queue.push(entry);
    this.#queuedBytes += entry.bytes;
    this.#schedule();
  }

  /** Nothing waits for its batch to fill any more: somebody flushes. */
  hurry(): void {
    this.#due = this.#queue.length;
    this.#schedule();
  }

  /** The oldest event that no connection has. */
  oldestBuffered(): Entry | undefined {
    this.#purge();
    const [waiting] = this.#waiting.keys();
    const candidates = [this.#queue.peek(), waiting].filter((entry) => entry !== undefined);
    return candidates.toSorted((a, b) => a.order - b.order)[0];
  }

  /** How long the broker may owe an answer. While somebody flushes, time for another connection must be left. */
  #patience(): { readonly ms: number; readonly option: string } {
    const { confirmTimeoutMs, flushTimeoutMs } = this.#setup.options;
    const ms = Math.max(flushTimeoutMs / 2, SLOW_MS);
    return this.#setup.urgent() && ms < confirmTimeoutMs
      ? { ms, option: "half of flushTimeout" }
      : { ms: confirmTimeoutMs, option: "confirmTimeout" };
  }

  /** An event was settled; the lane forgets it. */
  left(entry: Entry): void {
    this.load--;
    if (this.#waiting.size > 0) {
      this.#waiting.get(entry)?.();
      this.#waiting.delete(entry);
    }
    this.#poison.cleared(entry);
  }

  /** An event was settled where it stood, maybe in the middle of a queue. */
  abandoned(): void {
    if (++this.#abandoned * 2 <= this.#queue.length) return;
    this.#abandoned = 0;
    this.#queue.keep((entry) => !entry.settled);
    this.#due = Math.min(this.#due, this.#queue.length);
    this.#queuedBytes = this.#queue.sum((entry) => entry.bytes);
  }

  /** Settles what is too old. */
  expire(): void {
    this.#purge();
    for (const entry of this.#waiting.keys()) this.#setup.expired(entry);
  }

  /** Sends an event again as if it were new: a dead letter. */
  again(entry: Entry): void {
    this.#putBack([entry]);
    this.#schedule();
  }

  /** Takes over from another lane, whose numbers mean nothing here. */
  adopt(entries: readonly Entry[]): void {
    for (const entry of entries) if (entry.message.sequence > 0) entry.renew();
    this.#putBack(entries);
    this.#schedule();
  }

  /** Takes out all that is unsettled, in order: for the end of `stop()`, or for other lanes. */
  drain(): Entry[] {
    this.#cancelTimers();
    this.#comeBack();
    for (const cancel of this.#waiting.values()) cancel();
    const left = [...this.#queue.clear(), ...this.#waiting.keys()];
    this.#waiting.clear();
    return left.filter((entry) => !entry.settled).sort((a, b) => a.order - b.order);
  }

  opened(connection: TransportConnection, site: Site): void {
    this.outage = undefined;
    this.#connection = connection;
    this.#site = site;
    this.#proven = false;
    this.#credit = 0;
    this.#carried = 0;
    this.#due = this.#queue.length;
    this.#storedBefore = connection.lastSequence ?? 0;
    this.storedTo = Math.max(this.storedTo ?? 0, this.#storedBefore);
    this.#sequence = Math.max(this.#sequence, this.storedTo);
    connection.onFlow((flow) => {
      if (this.#connection === connection) this.#flowed(flow);
    });
    this.#schedule();
  }

  /** The connection is gone: the lane is rewound. Tells whether it ever answered for an event. */
  lost(error: TransportError | undefined): boolean {
    if (this.#connection === undefined) return this.#proven;
    this.#connection = undefined;
    this.#congestedAt = undefined;
    this.#cancelTimers();
    this.#unblock();
    const guilty = this.#poison.died(this.#comeBack(), error);
    if (guilty !== undefined && error !== undefined) this.#convict(guilty, error);
    return this.#proven;
  }

  /** Everything without an outcome goes back to its place, before anything new. */
  #comeBack(): Entry[] {
    const rewound: Entry[] = [];
    for (const flight of this.#flights.clear()) {
      for (const entry of flight.entries) {
        if (entry.flight !== flight) continue;
        entry.flight = undefined;
        entry.maybeStored = true;
        rewound.push(entry);
      }
    }
    this.inFlight = 0;
    this.#setup.cameBack(rewound.length);
    this.#putBack(rewound);
    return rewound;
  }

  /** Puts entries where they belong in the queue; none of them waits for its batch to fill. */
  #putBack(entries: readonly Entry[]): void {
    const last = entries.toSorted(this.#compare).at(-1);
    if (last === undefined) return;
    const earlier: Entry[] = [];
    for (
      let head = this.#queue.peek();
      head !== undefined && (head.settled || this.#compare(head, last) < 0);
      head = this.#queue.peek()
    ) {
      this.#take();
      if (!head.settled) earlier.push(head);
    }
    const sorted = [...earlier, ...entries].sort(this.#compare);
    this.#queue.unshift(sorted);
    this.#due += sorted.length;
    for (const entry of sorted) this.#queuedBytes += entry.bytes;
  }

  /**
   * Events are sent, and sent again, in the order in which they were accepted. Where the broker deduplicates, what has
   * a sequence goes in the order of sequences and before what has none: anything else would be swallowed.
   */
  readonly #compare = (a: Entry, b: Entry): number =>
    (this.#setup.deduplication && sequenceOf(a) - sequenceOf(b)) || a.order - b.order;

  /** Drops from the head what is settled or too old. */
  #purge(): void {
    for (
      let entry = this.#queue.peek();
      entry?.settled || (entry && this.#setup.expired(entry));
      entry = this.#queue.peek()
    ) {
      this.#take();
    }
  }

  #schedule(): void {
    if (this.#connection === undefined || this.#pumpSoon !== undefined) return;
    const { options, clock } = this.#setup;
    if (this.#dueEvents() > 0) {
      this.#pumpSoon = clock.afterPoll(() => {
        this.#pumpSoon = undefined;
        this.#pump();
      });
    } else if (this.#queue.length > 0) {
      this.#batchTimer ??= clock.after(options.batchTimeoutMs, () => {
        this.#batchTimer = undefined;
        this.hurry();
      });
    }
  }

  #dueEvents(): number {
    const { batchSize, batchBytes } = this.#setup.options;
    const full = this.#queue.length >= batchSize || this.#queuedBytes >= batchBytes;
    return full ? this.#queue.length : Math.min(this.#due, this.#queue.length);
  }

  #pump(): void {
    let connection = this.#connection;
    while (connection !== undefined) {
      const batch = this.#nextBatch();
      if (batch.length === 0) break;
      this.#write(connection, batch);
      connection = this.#connection;
    }
    if (this.#dueEvents() === 0) this.#schedule();
  }

  #nextBatch(): Entry[] {
    const { share } = this.#setup;
    const { batchSize, batchBytes } = this.#setup.options;
    this.#purge();
    if (this.#throttle.waiting) return [];
    const isProbing = this.#poison.active || this.#throttle.reason !== undefined;
    if (isProbing && this.inFlight > 0) return [];
    const want = Math.min(this.#dueEvents(), batchSize, share, this.#poison.limit);
    const room = share - this.inFlight;
    // A whole batch is worth waiting for, as long as something in flight will make room.
    if (room < want && this.inFlight > 0) return [];
    const batch: Entry[] = [];
    let bytes = 0;
    while (batch.length < Math.min(want, this.#credit)) {
      const entry = this.#queue.peek();
      if (entry === undefined) break;
      if (!entry.settled && batch.length > 0 && bytes + entry.bytes > batchBytes) break;
      this.#take();
      if (entry.settled || this.#setup.expired(entry)) continue;
      bytes += entry.bytes;
      batch.push(entry);
    }
    const [suspect] = batch;
    // Where the broker deduplicates, what is overtaken would be swallowed: there nothing steps aside.
    const aside = suspect !== undefined && this.#poison.standsAside(suspect) && !this.#setup.deduplication;
    return aside && batch.length === 1 ? this.#neighbourOf(suspect) : batch;
  }

  /** The suspect waits until an event of another execution has shown that the connection is good. */
  #neighbourOf(suspect: Entry): Entry[] {
    const isNeighbour = (entry: Entry) => !entry.settled && entry.execution !== suspect.execution;
    const neighbour = this.#queue.take(isNeighbour);
    if (neighbour === undefined) return [suspect];
    this.#queuedBytes -= neighbour.bytes;
    this.#putBack([suspect]);
    return [neighbour];
  }

  #take(): Entry | undefined {
    const entry = this.#queue.shift();
    if (entry !== undefined) {
      this.#queuedBytes -= entry.bytes;
      if (this.#due > 0) this.#due--;
    }
    return entry;
  }

  #write(connection: TransportConnection, entries: Entry[]): void {
    const flight: Flight = {
      id: ++this.#flightId,
      entries,
      writtenAt: this.#setup.clock.now(),
      open: entries.length,
      answeredTo: 0,
    };
    for (const entry of entries) {
      this.#number(entry);
      if (entry.message.sequence <= this.#storedBefore && !entry.maybeStored) entry.duplicate = true;
      entry.flight = flight;
    }
    if (this.inFlight === 0) this.#watchdog.progress();
    this.#flights.push(flight);
    this.inFlight += entries.length;
    this.#credit -= entries.length;
    this.#setup.departed(flight);
    this.#watchdog.arm();
    try {
      const batch = entries.map(({ message }) => message);
      connection.publish(batch, (from, to, outcome) => this.#answered(flight, from, to, outcome));
    } catch (error) {
      const message = `publish threw: ${textOf(error)}`;
      this.#giveUp(new TransportError("protocol", message, { cause: error }));
    }
  }

  /**
   * Sequences rise on a connection. A message that is sent again keeps its own, unless the connection has carried a
   * higher one before it: that of the event which a suspect has let go first.
   */
  #number(entry: Entry): void {
    if (entry.message.sequence <= this.#carried) entry.renew();
    if (entry.message.sequence === 0) entry.message.sequence = this.#sequence + 1;
    this.#carried = entry.message.sequence;
    this.#sequence = Math.max(this.#sequence, this.#carried);
  }

  #answered(flight: Flight, from: number, to: number, outcome: PublishOutcome): void {
    if (!this.#outcome(flight, from, to, outcome)) return;
    flight.answeredTo = Math.max(flight.answeredTo, to);
    this.#answeredFlight = Math.max(this.#answeredFlight, flight.id);
    this.#watchdog.progress();
  }

  /** `false` where it was no answer for anything. */
  #outcome(flight: Flight, from: number, to: number, outcome: PublishOutcome): boolean {
    const entries: Entry[] = [];
    for (let i = Math.max(0, from); i < Math.min(to, flight.entries.length); i++) {
      const entry = flight.entries[i]!;
      // An answer of a connection that was given up, or a second one, counts for nothing.
      if (entry.flight !== flight) continue;
      entry.flight = undefined;
      entries.push(entry);
    }
    if (entries.length === 0) return false;
    flight.open -= entries.length;
    this.inFlight -= entries.length;
    this.#setup.cameBack(entries.length);
    while (this.#flights.peek()?.open === 0) this.#flights.shift();
    this.#settle(entries, outcome, this.#setup.clock.now() - flight.writtenAt);
    this.#schedule();
    return true;
  }

  #settle(entries: readonly Entry[], outcome: PublishOutcome, latencyMs: number): void {
    switch (outcome?.kind) {
      case "confirmed":
      case "written":
        this.#prove();
        if (outcome.kind === "confirmed")
          this.storedTo = Math.max(this.storedTo ?? 0, entries.at(-1)!.message.sequence);
        this.#setup.sent(entries, outcome.kind, latencyMs);
        this.#throttle.over();
        this.#poison.confirmed(entries.length);
        return;
      case "refused":
        this.#prove();
        if (this.#isHeldUp(outcome.error)) return this.#holdBack(entries, outcome.error);
        if (groupOf(outcome, entries) > 1 && !entries[0]!.numbered) return this.#halve(entries);
        for (const entry of entries) this.#refuse(entry, outcome.error ?? noReason);
        this.#poison.settled(entries.length);
        return;
      default: {
        // Unknown, or nothing that the seam has.
        const error = outcome?.error ?? new TransportError("timeout", "the broker gave no answer");
        for (const entry of entries) entry.maybeStored = true;
        if (this.#setup.deduplication) return this.#rewind(entries, error);
        for (const entry of entries) this.#refuse(entry, error);
        this.#poison.settled(entries.length);
      }
    }
  }

  /** Where the broker deduplicates, the lane cannot go back past what it has since taken. */
  #isHeldUp(error: TransportError | undefined): boolean {
    return error?.kind === "throttled" && !error.permanent && !this.#setup.deduplication;
  }

  /** They wait at the head, in order, and no try is used. */
  #holdBack(entries: readonly Entry[], error: TransportError): void {
    this.#putBack(entries);
    this.#throttle.refused(error);
  }

  #convict(entry: Entry, cause: TransportError): void {
    this.#poison.settled(1);
    const message = `alone in flight when the broker ended the connection: ${cause.message}`;
    this.#setup.convicted(entry, new TransportError(cause.kind, message, { permanent: true, cause }));
  }

  /** One answer for several, the guilty one unknown: they go again in halves, and no try is used. */
  #halve(entries: readonly Entry[]): void {
    for (const entry of entries) entry.renew();
    this.#putBack(entries);
    this.#poison.split(entries.length);
  }

  #refuse(entry: Entry, error: TransportError): void {
    const { options, clock, random } = this.#setup;
    this.#poison.cleared(entry);
    const retry = !error.permanent && !entry.numbered && entry.tries < options.maxRetries;
    this.#setup.refused(entry, error, retry);
    if (!retry || entry.settled) return;
    const delay = fullJitter(entry.tries++, options.retryBackoffMs, options.maxRetryBackoffMs, random);
    // Its old place was passed by later events: a broker that deduplicates would swallow it and confirm.
    entry.renew();
    const again = () => {
      this.#waiting.delete(entry);
      this.#putBack([entry]);
      this.#schedule();
    };
    this.#waiting.set(entry, clock.after(delay, again));
  }

  /** May be stored: a broker that deduplicates needs these in their old place, so the whole lane goes back. */
  #rewind(entries: readonly Entry[], error: TransportError): void {
    this.#putBack(entries);
    this.#giveUp(error);
  }

  #giveUp(error: TransportError): void {
    this.#setup.giveUp(error);
    this.lost(error);
  }

  /** Later ones were answered and these were not: each is on its own, and uses a try. */
  #retryOverdue(writtenBefore: number): void {
    const overdue = new TransportError(
      "timeout",
      "others were confirmed, this event was not within confirmTimeout. See whether one of its queues hangs",
    );
    for (let flight = this.#flights.peek(); flight !== undefined; flight = this.#flights.peek()) {
      if (flight.writtenAt > writtenBefore || flight.id > this.#answeredFlight) return;
      const passed = flight.id < this.#answeredFlight ? flight.entries.length : flight.answeredTo;
      if (!this.#outcome(flight, 0, passed, { kind: "unknown", error: overdue }) || flight.open > 0) return;
    }
  }

  #prove(): void {
    this.#proven = true;
    this.#site?.breaker.proven();
  }

  #flowed(flow: Flow): void {
    this.#credit = flow.credit;
    const congested = flow.credit <= 0 && flow.blocked === undefined;
    this.#congestedAt = congested ? (this.#congestedAt ?? this.#setup.clock.now()) : undefined;
    // In the broker's own words.
    const blocked = flow.blocked === undefined ? undefined : told(flow.blocked);
    if (blocked !== this.#stopped) {
      this.#stopped = blocked;
      this.#tellBlocked();
      this.#watchdog.progress();
    }
    if (this.inFlight > 0 && this.#stopped === undefined) this.#watchdog.arm();
    if (flow.credit > 0) this.#schedule();
  }

  /** The transport may be somebody's first. */
  #drainedBytes(): number {
    try {
      return this.#connection?.drainedBytes?.() ?? 0;
    } catch {
      return 0;
    }
  }

  #unblock(): void {
    this.#stopped = undefined;
    this.#tellBlocked();
  }

  #tellBlocked(): void {
    const reason = this.#stopped ?? this.#throttle.reason;
    if (reason !== this.blocked) {
      this.blocked = reason;
      this.#setup.blocked(reason);
    }
    this.#schedule();
  }

  #cancelTimers(): void {
    this.#throttle.over();
    this.#watchdog.disarm();
    this.#batchTimer?.();
    this.#batchTimer = undefined;
    this.#pumpSoon?.();
    this.#pumpSoon = undefined;
  }
}

/** What has none yet comes after all that have one. */
const sequenceOf = ({ message: { sequence } }: Entry): number =>
  sequence === 0 ? Number.MAX_SAFE_INTEGER : sequence;

/** How many messages the one refusal is for. */
const groupOf = (
  { shared = 1 }: PublishOutcome & { kind: "refused" },
  { length }: readonly Entry[],
): number => (shared === true ? length : Number(shared));
