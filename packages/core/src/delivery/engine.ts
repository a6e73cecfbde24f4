import { setMaxListeners } from "node:events";
import { isStreamllError } from "../copies.js";
import { DeliveryError, type StreamllError, type TransportError } from "../errors.js";
import { say } from "../log-lines.js";
import type { Logger } from "../logger.js";
import { partitionOf } from "../routing/partition.js";
import { Meter } from "../stats/meter.js";
import type { DeliveryStats } from "../stats/stats.js";
import type { Endpoint, Transport } from "../transport.js";
import { onAbort } from "./aborts.js";
import { type Clock, systemClock } from "./clock.js";
import { sayingWhatIsStored } from "./deduplication.js";
import { Endpoints } from "./endpoints.js";
import { Entry, type EntryLane, type Waiter } from "./entry.js";
import { Executions } from "./executions.js";
import { Journal } from "./journal.js";
import { Lane } from "./lane.js";
import { Ledger, SENT, type Settlement } from "./ledger.js";
import { Losses } from "./losses.js";
import type { PreparedMessage } from "./message.js";
import { Notices } from "./notices.js";
import { Numbering } from "./numbering.js";
import type { DeliveryOptions } from "./options.js";
import { Pool } from "./pool.js";
import { type Finding, findProblems } from "./problems.js";
import type { FlushReport, Health, Problem, Receipt } from "./report.js";
import { Review } from "./review.js";
import { Room } from "./room.js";
import { Supervisor } from "./supervisor.js";

export interface DeliverySetup {
  readonly transport: Transport;
  readonly endpoints: readonly Endpoint[];
  readonly options: DeliveryOptions;
  readonly logger: Logger;
  /** Where events that the broker refused for good are put; absent: nowhere. */
  readonly deadLetter?: { readonly exchange: string; routingKey(message: PreparedMessage): string };
  /** Each event that failed for good, also those that were dropped. May throw: it is caught. */
  readonly onFailure?: (failure: EngineFailure) => void;
  readonly clock?: Clock;
  /** 0 to 1, as `Math.random`. */
  readonly random?: () => number;
}

export interface EngineFailure {
  readonly message: PreparedMessage;
  readonly error: DeliveryError;
  readonly attempts: number;
}

export interface PublishOptions {
  /** Withdraws the event while it is still buffered; once in flight only the waiting ends. */
  readonly signal?: AbortSignal;
}

export interface EngineEvents {
  connected: [info: { readonly endpoint: string; readonly lane: number }];
  disconnected: [info: { readonly endpoint: string; readonly lane: number; readonly error?: TransportError }];
  blocked: [info: { readonly reason: string }];
  unblocked: [];
  failed: [failure: EngineFailure];
  dropped: [failure: EngineFailure];
  /** Something is wrong that was not a second ago: what `health().problems` lists. */
  problem: [problem: Problem];
  /** A problem that was told is gone. */
  solved: [problem: Problem];
}

/** Of `flushTimeout`, at most this much is kept back for closing the connections. */
const CLOSING_MS = 2000;

/**
 * Takes messages, delivers them over the lanes of one transport, and accounts for each: what is accepted is
 * settled exactly once. See `docs/reliability.md` for what it promises.
 */
export class DeliveryEngine {
  readonly #setup: DeliverySetup;
  readonly #options: DeliveryOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #maxBytes: number;

  readonly #ledger = new Ledger();
  readonly #executions = new Executions();
  readonly #numbering = new Numbering();
  readonly #endpoints: Endpoints;
  readonly #pool: Pool;
  readonly #supervisors: Supervisor[] = [];
  readonly #meter: Meter;
  readonly #journal: Journal;
  readonly #losses: Losses;
  readonly #notices: Notices<EngineEvents>;
  readonly #review: Review;
  readonly #room: Room;
  readonly #counts = {
    retried: 0,
    deadLettered: 0,
    duplicates: 0,
    batches: 0,
    bytes: 0,
    confirms: 0,
    nacks: 0,
    returns: 0,
    reconnects: 0,
  };

  #state: "idle" | "running" | "stopping" | "stopped" = "idle";
  #stopped: Promise<FlushReport> | undefined;
  #holds = 0;
  #flushes = 0;
  #release: (() => void) | undefined;
  #finished: (() => void) | undefined;
  #sweep: (() => void) | undefined;
  #lastError: StreamllError | undefined;
  #asked = 0;
  #newsWaiters: { asked: number; resolve(errors: readonly TransportError[]): void }[] = [];
  readonly #hopelessWaiters = new Set<{ asked: number; resolve(): void }>();

  constructor(setup: DeliverySetup) {
    const { options, transport } = setup;
    this.#setup = setup;
    this.#options = options;
    this.#clock = setup.clock ?? systemClock;
    this.#random = setup.random ?? Math.random;
    const { maxMessageBytes = Number.POSITIVE_INFINITY } = transport.capabilities;
    this.#maxBytes = Math.min(options.maxEventBytes, maxMessageBytes, options.maxBufferedBytes);
    this.#meter = new Meter(() => this.#clock.now());
    this.#journal = new Journal(this.#clock, setup.logger);
    this.#losses = new Losses({
      clock: this.#clock,
      journal: this.#journal,
      logger: setup.logger,
      ledger: this.#ledger,
      reason: () => this.#lastError,
    });
    this.#notices = new Notices(this.#clock, setup.logger);
    this.#review = new Review({
      clock: this.#clock,
      journal: this.#journal,
      find: () => this.#findProblems(),
      tell: (name, problem) => this.#notices.tell(name, [problem]),
    });
    this.#room = new Room({
      clock: this.#clock,
      free: () => this.#freeRoom(),
      relaxed: () => this.#isHalfFree(),
    });
    this.#endpoints = new Endpoints(setup.endpoints, options.circuitBreaker, this.#random);
    const size = transport.partitions ?? Math.min(options.connectionPoolSize, options.maxInFlight);
    const share = Math.max(1, Math.floor(options.maxInFlight / size));
    const now = () => this.#clock.now();
    this.#pool = new Pool({ size, share, now, open: (index) => this.#openLane(index, share) });
    if (setup.onFailure !== undefined) {
      this.on("failed", setup.onFailure);
      this.on("dropped", setup.onFailure);
    }
  }

  get isRunning(): boolean {
    return this.#state === "running";
  }

  /** Events that are not settled. */
  get pending(): number {
    return this.#ledger.unsettled;
  }

  /**
   * Connects and declares. A broker that cannot be reached is tried again in the background; the promise resolves
   * once each address was tried, and with `waitForBroker` when one is connected.
   *
   * @throws TransportError (or what loading the transport threw) for what will not heal by itself; DeliveryError of
   *   code `STOPPED` where `stop()` came before the broker that it waited for.
   */
  async start(): Promise<void> {
    const asked = this.#ask();
    if (!this.#begin()) throw new DeliveryError("STOPPED", "the sink was stopped; make a new one");
    return this.#holding(async () => {
      while (!this.#isConnected()) {
        if (!this.isRunning)
          throw new DeliveryError("STOPPED", "the sink was stopped before it was connected");
        const errors = await this.#news(asked);
        if (isHopeless(errors)) throw unwrapped(errors[0]!);
        if (!this.#options.waitForBroker) return;
      }
    });
  }

  /** Takes a message over and starts the engine. `false` when it was not taken. Never throws, never blocks. */
  offer(message: PreparedMessage): boolean {
    return this.#admit(message, undefined) instanceof Entry;
  }

  /** @throws DeliveryError when it was not delivered; the reason of `signal` when that aborted. */
  publish(message: PreparedMessage, { signal }: PublishOptions = {}): Promise<Receipt> {
    const published = this.#holding(async () => {
      signal?.throwIfAborted();
      const { promise, resolve, reject } = withResolvers<Receipt>();
      const entry = this.#admit(message, { resolve, reject });
      if (entry instanceof DeliveryError) throw entry;
      if (signal === undefined) return promise;
      const forget = onAbort(signal, () => {
        reject(signal.reason);
        if (entry.flight === undefined) this.#withdraw(entry);
      });
      return promise.finally(forget);
    });
    // Whoever does not await it hears of a failure through `onFailure`, not through a crash.
    published.catch(() => {});
    return published;
  }

  /** Counts what was not taken before it came here, and has been said: no event at all, one without a message. */
  countRejected(code: string): void {
    this.#losses.refusedAloud(code);
  }

  /**
   * Resolves when there is room for an event of any allowed size; after a full buffer, when half is free. Of those who
   * wait, as many go on as there is room for: the room is kept until the next turn of the event loop.
   */
  ready(): Promise<void> {
    this.#losses.heard();
    if (this.#state === "stopped" || this.#room.promise()) return Promise.resolve();
    return this.#holding(() => this.#room.wait());
  }

  /**
   * The highest sequence up to which every partition has stored what it was sent, now or by an earlier program of
   * the same name. Waits until each has been connected.
   *
   * @throws TransportError (or what loading the transport threw) for what will not heal by itself.
   */
  lastSequence(): Promise<number> {
    return this.#holding(async () => {
      const size = this.#begin() ? this.#pool.size : 0;
      const lanes = Array.from({ length: size }, (_, index) => this.#pool.at(index));
      while (this.isRunning) {
        const last = Math.min(...lanes.map(({ storedTo = -1 }) => storedTo));
        if (last >= 0) return last;
        const errors = await this.#news(0);
        if (isHopeless(errors)) throw unwrapped(errors[0]!);
      }
      throw new DeliveryError("STOPPED", "the sink was stopped");
    });
  }

  /**
   * Resolves when everything accepted before it is settled. What is pending after `flushTimeout`, or once every
   * address has refused for good (a wrong password), stays pending.
   */
  flush(): Promise<FlushReport> {
    return this.#holding(() => this.#settleAll(this.#options.flushTimeoutMs));
  }

  /**
   * Takes nothing more, delivers what is there, closes. Ends within `flushTimeout`; then nothing is left open. The
   * report is of all events that were ever accepted.
   */
  stop(): Promise<FlushReport> {
    this.#stopped ??= this.#holding(() => this.#stop(this.#deadline()));
    return this.#stopped;
  }

  stats(): DeliveryStats {
    const { received, sent, failed, dropped, buffered, inFlight, bytes } = this.#ledger;
    const { confirms, nacks, returns, ...counts } = this.#counts;
    const { perSecond, p50, p95, p99 } = this.#meter.read();
    const { lanes } = this.#pool;
    return {
      events_received: received,
      events_sent: sent,
      events_duplicate: counts.duplicates,
      events_failed: failed,
      events_dropped: dropped,
      events_rejected: this.#ledger.rejected,
      events_retried: counts.retried,
      events_dead_lettered: counts.deadLettered,
      events_buffered: buffered,
      events_in_flight: inFlight,
      bytes_buffered: bytes,
      batches_sent: counts.batches,
      bytes_sent: counts.bytes,
      confirms,
      nacks,
      returns,
      reconnects: counts.reconnects,
      connections_open: lanes.filter((lane) => lane.connected).length,
      connections_in_use: lanes.filter((lane) => lane.inFlight > 0).length,
      circuit_state: this.#endpoints.circuitState,
      blocked: lanes.some((lane) => lane.blocked !== undefined),
      events_per_second: perSecond,
      publish_latency_p50_ms: p50,
      publish_latency_p95_ms: p95,
      publish_latency_p99_ms: p99,
      confirm_failure_rate: (nacks + returns) / Math.max(1, confirms + nacks + returns),
    };
  }

  health(): Health {
    const { lanes } = this.#pool;
    const open = lanes.filter((lane) => lane.connected);
    const blocked = lanes.find((lane) => lane.blocked !== undefined)?.blocked;
    const up = open.some((lane) => lane.blocked === undefined);
    return {
      status: this.isRunning ? (up ? "up" : "degraded") : "stopped",
      connectionsOpen: open.length,
      circuitState: this.#endpoints.circuitState,
      pending: this.pending,
      problems: this.#review.problems(),
      ...(blocked === undefined ? {} : { blocked }),
      ...(this.#lastError === undefined
        ? {}
        : { lastError: { code: this.#lastError.code, message: this.#lastError.message } }),
    };
  }

  on<K extends keyof EngineEvents>(name: K, listener: (...args: EngineEvents[K]) => void): void {
    this.#notices.on(name, listener);
  }

  off<K extends keyof EngineEvents>(name: K, listener: (...args: EngineEvents[K]) => void): void {
    this.#notices.off(name, listener);
  }

  #begin(): boolean {
    if (this.#state === "idle") {
      this.#state = "running";
      this.#pool.at(0);
      this.#sweepLater();
      this.#review.start();
    }
    return this.isRunning;
  }

  #findProblems(): Finding[] {
    const { maxBufferedEvents, maxBufferedBytes, confirmTimeoutMs } = this.#options;
    return findProblems({
      now: this.#clock.now(),
      pool: this.#pool,
      endpoints: this.#endpoints,
      confirmTimeoutMs,
      events: this.#ledger.unsettled,
      maxEvents: maxBufferedEvents,
      bytes: this.#ledger.bytes,
      maxBytes: maxBufferedBytes,
      recent: this.#journal.recent(this.#pool.lanes.length),
    });
  }

  #openLane(index: number, share: number): Lane {
    const { transport } = this.#setup;
    const journal = this.#journal;
    const shared = {
      options: this.#options,
      clock: this.#clock,
      random: this.#random,
      urgent: () => this.#flushes > 0,
    };
    let wasConnected = false;
    const supervisor: Supervisor = new Supervisor({
      ...shared,
      transport: sayingWhatIsStored(transport),
      journal,
      endpoints: this.#endpoints,
      lane: index,
      opened: (connection, site) => {
        if (wasConnected) this.#counts.reconnects++;
        wasConnected = true;
        this.#lastError = undefined;
        lane.opened(connection, site);
        const info = { endpoint: site.endpoint.label, lane: index };
        journal.say("connected", info, `connected to ${info.endpoint}`);
        this.#notices.tell("connected", [info]);
        this.#tellNews([]);
      },
      lost: (error, site) => {
        const proven = lane.lost(error);
        lane.outage = { since: this.#clock.now(), error, tried: true };
        const info = { endpoint: site.endpoint.label, lane: index };
        if (this.#state === "running") this.#lastError = error;
        const message = `disconnected: ${error?.message ?? "closed"}`;
        journal.say("disconnected", { ...info, code: error?.code }, message);
        this.#notices.tell("disconnected", [error === undefined ? info : { ...info, error }]);
        return proven;
      },
      asked: () => this.#asked,
      roundFailed: (errors, asked) => {
        const { since = this.#clock.now() } = lane.outage ?? {};
        lane.outage = { since, error: unwrapped(errors[0]!), tried: true };
        if (this.#handOver(lane, supervisor, errors)) return true;
        this.#roundFailed(errors, asked);
        return false;
      },
    });
    const lane: Lane = new Lane(index, {
      ...shared,
      share,
      deduplication: transport.capabilities.deduplication,
      departed: ({ entries }) => {
        this.#ledger.depart(entries.length);
        this.#counts.batches++;
        for (const entry of entries) this.#counts.bytes += entry.bytes;
      },
      cameBack: (events) => this.#ledger.comeBack(events),
      sent: (entries, outcome, latencyMs) => this.#sent(entries, outcome, latencyMs),
      refused: (entry, error, retry) => this.#refused(entry, error, retry),
      convicted: (entry, error) => this.#fail(entry, refusalOf(error), entry.tries + 1),
      expired: (entry) => this.#expired(entry),
      blocked: (reason) => this.#blocked(reason),
      giveUp: (error) => supervisor.giveUp(error),
    });
    this.#supervisors.push(supervisor);
    lane.outage = { since: this.#clock.now() };
    supervisor.start();
    return lane;
  }

  /** Every address was tried once and none answered. */
  #roundFailed(errors: readonly TransportError[], asked: number): void {
    const error = unwrapped(errors[0]!);
    this.#lastError = error;
    if (this.#endpoints.circuitState === "open") {
      const message = `no connection after several tries, events wait in the buffer: ${error.message}`;
      this.#journal.say("circuit_open", { code: error.code }, message);
    }
    if (isHopeless(errors) && !this.#isConnected()) {
      for (const waiter of this.#hopelessWaiters) if (waiter.asked <= asked) waiter.resolve();
    }
    this.#tellNews(errors, asked);
  }

  #isConnected(): boolean {
    return this.#pool.lanes.some((lane) => lane.connected);
  }

  /** Events cannot change lanes where the broker deduplicates, as their sequence is the lane's, or partitions. */
  get #isBound(): boolean {
    const { partitions, capabilities } = this.#setup.transport;
    return capabilities.deduplication || partitions !== undefined;
  }

  /** Other connections are there: they take over what this lane holds. `true` when the lane is given up for good. */
  #handOver(lane: Lane, supervisor: Supervisor, errors: readonly TransportError[]): boolean {
    if (this.#isBound || lane.connected || !this.#isConnected()) return false;
    const limit = errors.find(({ kind }) => kind === "throttled");
    if (limit !== undefined) this.#lowerPool(lane, supervisor, limit);
    const place = limit === undefined ? () => this.#pool.leastLoaded() : this.#chooseLane;
    const moved = new Map<EntryLane, Entry[]>();
    for (const entry of lane.drain()) {
      const { execution } = entry;
      if (execution.lane === lane) execution.lane = place(execution.id);
      lane.load--;
      execution.lane.load++;
      const entries = moved.get(execution.lane);
      if (entries === undefined) moved.set(execution.lane, [entry]);
      else entries.push(entry);
    }
    for (const [other, entries] of moved) other.adopt(entries);
    return limit !== undefined;
  }

  /** The broker allows no more connections. */
  #lowerPool(lane: Lane, supervisor: Supervisor, { code }: TransportError): void {
    this.#supervisors.splice(this.#supervisors.indexOf(supervisor), 1);
    this.#pool.withdraw(lane);
    const connections = this.#pool.lanes.length;
    const message = `the broker allows no more connections: going on with ${connections} of connectionPoolSize ${this.#options.connectionPoolSize}`;
    this.#journal.say("pool_lowered", { code, connections }, message);
  }

  /** Gives the reason when the message was not accepted. */
  #admit(message: PreparedMessage, waiter: Waiter | undefined): Entry | DeliveryError {
    // A program that hands over faster than its listeners are told must not pile up what it lost.
    if (this.#notices.untoldBytes > this.#options.maxBufferedBytes / 4) this.#notices.drain();
    if (!this.#begin())
      return this.#reject(new DeliveryError("STOPPED", "the sink was stopped and takes no more events"));
    const { bytes } = message;
    if (bytes > this.#maxBytes) {
      const error = `the event has ${bytes} bytes, at most ${this.#maxBytes} are allowed (maxEventBytes)`;
      const entry = this.#enter(message, waiter);
      this.#fail(entry, new DeliveryError("EVENT_TOO_LARGE", error), 0);
      return entry;
    }
    const objection = this.#numbering.objection(message.sequence);
    if (objection !== undefined) return this.#reject(new DeliveryError("REJECTED", objection));
    if (!this.#makeRoom(bytes)) {
      const full = `the buffer is full (${this.#ledger.unsettled} events, ${this.#ledger.bytes} bytes)`;
      const error = new DeliveryError("BUFFER_FULL", `${full}; wait for ready(), or raise maxBufferedEvents`);
      if (this.#overflow !== "drop-newest") return this.#reject(error);
      this.#drop(this.#enter(message, undefined), error);
      return error;
    }
    this.#numbering.accepted(message.sequence);
    const entry = this.#enter(message, waiter);
    entry.execution.lane.accept(entry);
    return entry;
  }

  #reject(error: DeliveryError): DeliveryError {
    this.#losses.refused(error);
    return error;
  }

  #enter(message: PreparedMessage, waiter: Waiter | undefined): Entry {
    const order = this.#ledger.accept(message.bytes);
    this.#room.taken();
    this.#finished ??= this.#clock.beforeExit(() => void this.#finish());
    this.#losses.watch();
    const execution = this.#executions.enter(message.correlationId, this.#chooseLane);
    execution.lane.load++;
    return new Entry(message, this.#clock.now(), order, execution, waiter);
  }

  readonly #chooseLane = (id: string): Lane => {
    const { partitions, capabilities } = this.#setup.transport;
    if (partitions !== undefined) return this.#pool.at(partitionOf(id, partitions));
    return capabilities.confirms ? this.#pool.leastLoaded() : this.#pool.byHash(id);
  };

  #hasRoom(bytes: number): boolean {
    const { maxBufferedEvents, maxBufferedBytes } = this.#options;
    return this.#ledger.unsettled < maxBufferedEvents && this.#ledger.bytes + bytes <= maxBufferedBytes;
  }

  /** How many more events surely fit. */
  #freeRoom(): number {
    const { maxBufferedEvents, maxBufferedBytes } = this.#options;
    const byBytes = Math.floor((maxBufferedBytes - this.#ledger.bytes) / this.#maxBytes);
    return Math.min(maxBufferedEvents - this.#ledger.unsettled, byBytes);
  }

  #isHalfFree(): boolean {
    const { maxBufferedEvents, maxBufferedBytes } = this.#options;
    const { unsettled, bytes } = this.#ledger;
    return unsettled === 0 || (unsettled <= maxBufferedEvents / 2 && bytes <= maxBufferedBytes / 2);
  }

  /** A listener's own event pushes nothing out: told of what that was, the listener would hand over the next. */
  get #overflow(): DeliveryOptions["overflow"] {
    return this.#notices.telling ? "reject" : this.#options.overflow;
  }

  #makeRoom(bytes: number): boolean {
    while (!this.#hasRoom(bytes)) {
      if (this.#overflow !== "drop-oldest") return false;
      let oldest: Entry | undefined;
      for (const lane of this.#pool.lanes) {
        const entry = lane.oldestBuffered();
        if (entry !== undefined && (oldest === undefined || entry.acceptedAt < oldest.acceptedAt))
          oldest = entry;
      }
      if (oldest === undefined) return false;
      this.#drop(oldest, new DeliveryError("DROPPED", "the buffer was full and this event the oldest in it"));
    }
    return true;
  }

  #sent(entries: readonly Entry[], outcome: "confirmed" | "written", latencyMs: number): void {
    if (outcome === "confirmed") this.#counts.confirms += entries.length;
    this.#meter.sent(entries.length, latencyMs);
    const now = this.#clock.now();
    for (const entry of entries) {
      if (entry.failure !== undefined) {
        this.#counts.deadLettered++;
        this.#fail(entry, entry.failure.error, entry.failure.attempts);
        continue;
      }
      if (entry.duplicate) this.#noteDuplicate(entry);
      entry.waiter?.resolve({
        eventId: entry.message.messageId,
        confirmed: outcome === "confirmed",
        attempts: entry.tries + 1,
        latencyMs: now - entry.acceptedAt,
        ...(entry.duplicate ? { duplicate: true } : {}),
      });
      // Its flight is kept until those before it are answered: without what weighs.
      if (this.#settle(entry, SENT)) entry.lighten();
    }
  }

  #noteDuplicate({ message: { sequence }, execution }: Entry): void {
    if (this.#counts.duplicates++ > 0) return;
    const lane = execution.lane.index;
    const said = `the broker had sequence ${sequence} already: it confirmed the event and stored nothing. Where it is a new one, give it a sequence above all that were ever used (said once)`;
    say(this.#setup.logger, "duplicates", { lane, sequence }, said);
  }

  #refused(entry: Entry, error: TransportError, retry: boolean): void {
    if (error.kind === "unroutable") this.#counts.returns++;
    else if (error.kind === "nack") this.#counts.nacks++;
    if (retry) {
      this.#counts.retried++;
      this.#journal.say("retried", { code: error.code }, `tried again: ${error.message}`);
      return;
    }
    const refusal = doubted(entry, refusalOf(error));
    const { deadLetter } = this.#setup;
    if (entry.failure !== undefined) {
      const { exchange } = entry.message;
      const said = `not dead-lettered: ${error.message}`;
      this.#journal.say("not_dead_lettered", { code: refusal.code, exchange }, said);
      return this.#fail(entry, entry.failure.error, entry.failure.attempts);
    }
    // What is too large for the broker is so for its dead-letter exchange.
    if (deadLetter === undefined || error.kind === "too-large")
      return this.#fail(entry, refusal, entry.tries + 1);
    const { message } = entry;
    entry.renew({
      exchange: deadLetter.exchange,
      routingKey: deadLetter.routingKey(message),
      headers: { ...message.headers, streamll_failure: refusal.code },
    });
    entry.failure = { error: refusal, attempts: entry.tries + 1 };
    entry.tries = 0;
    entry.execution.lane.again(entry);
  }

  #expired(entry: Entry): boolean {
    const { deliveryTimeoutMs } = this.#options;
    if (deliveryTimeoutMs === undefined || this.#clock.now() - entry.acceptedAt < deliveryTimeoutMs)
      return false;
    const message = `not delivered within ${deliveryTimeoutMs / 1000} s (deliveryTimeout)`;
    this.#fail(entry, doubted(entry, new DeliveryError("DELIVERY_TIMEOUT", message)), entry.tries);
    return true;
  }

  /** A dead letter under way has failed already, of what it is told to have failed of. */
  #fail(entry: Entry, error: DeliveryError, attempts: number): void {
    const { failure = { error, attempts } } = entry;
    this.#giveUp(entry, "failed", failure.error, failure.attempts);
  }

  /** The caller's own wish: told to listeners, and no problem. */
  #withdraw(entry: Entry): void {
    const error = new DeliveryError("DROPPED", "withdrawn by its signal");
    if (this.#end(entry, "dropped", error, entry.tries)) entry.execution.lane.abandoned();
  }

  #drop(entry: Entry, error: DeliveryError): void {
    if (this.#giveUp(entry, "dropped", error, entry.tries)) entry.execution.lane.abandoned();
  }

  #giveUp(entry: Entry, as: "failed" | "dropped", error: DeliveryError, attempts: number): boolean {
    if (!this.#end(entry, as, error, attempts)) return false;
    this.#losses.lost(as, error);
    return true;
  }

  #end(entry: Entry, as: "failed" | "dropped", error: DeliveryError, attempts: number): boolean {
    if (!this.#settle(entry, { as, code: error.code })) return false;
    entry.waiter?.reject(error);
    this.#notices.tell(as, [{ message: entry.message, error, attempts }], entry.bytes);
    entry.lighten();
    return true;
  }

  /** `false` when it had ended before: withdrawn, while it waited for its verdict. */
  #settle(entry: Entry, settlement: Settlement): boolean {
    if (!this.#ledger.settle(entry, settlement)) return false;
    entry.execution.lane.left(entry);
    this.#executions.leave(entry.execution);
    if (this.#ledger.unsettled === 0) {
      this.#finished?.();
      this.#finished = undefined;
      this.#losses.settled();
    }
    if (this.#room.isAwaited) this.#room.freed();
    return true;
  }

  /** Lets every lane try now; gives the number by which an answer is known that is not of before. */
  #ask(): number {
    this.#asked++;
    for (const supervisor of this.#supervisors) supervisor.wake();
    return this.#asked;
  }

  /** The next time that something connects, or every address of a lane has refused in a round begun after `asked`. */
  #news(asked: number): Promise<readonly TransportError[]> {
    return new Promise((resolve) => this.#newsWaiters.push({ asked, resolve }));
  }

  #tellNews(errors: readonly TransportError[], asked = Number.POSITIVE_INFINITY): void {
    const waiters = this.#newsWaiters;
    this.#newsWaiters = waiters.filter((waiter) => waiter.asked > asked);
    for (const waiter of waiters) if (waiter.asked <= asked) waiter.resolve(errors);
  }

  #blocked(reason: string | undefined): void {
    if (reason !== undefined) {
      const message = `blocked by the broker, events wait in the buffer: ${reason}`;
      this.#journal.say("blocked", { reason }, message);
      this.#notices.tell("blocked", [{ reason }]);
    } else if (this.#pool.lanes.every((lane) => lane.blocked === undefined)) {
      this.#journal.say("unblocked", {}, "no longer blocked");
      this.#notices.tell("unblocked", []);
    }
  }

  async #settleAll(timeoutMs: number): Promise<FlushReport> {
    const startedAt = this.#clock.now();
    const barrier = this.#ledger.barrier();
    if (barrier.pending > 0) {
      for (const lane of this.#pool.lanes) lane.hurry();
      const { promise: hopeless, resolve } = withResolvers<void>();
      const waiter = { asked: this.#ask(), resolve };
      this.#flushes++;
      this.#hopelessWaiters.add(waiter);
      await this.#within(timeoutMs, Promise.race([barrier.done, hopeless]));
      this.#hopelessWaiters.delete(waiter);
      this.#flushes--;
    }
    this.#notices.drain();
    const report = barrier.report(this.#clock.now() - startedAt);
    barrier.release();
    return report;
  }

  /** The program has ended without `stop()`. What cannot be delivered in time is given up. */
  async #finish(): Promise<void> {
    if (!this.isRunning) return;
    const deadline = this.#deadline();
    const { pending } = await this.#holding(() => this.#settleAll(this.#settlingMs(deadline)));
    if (pending === 0) return;
    this.#stopped ??= this.#holding(() => this.#stop(deadline));
  }

  #deadline(): number {
    return this.#clock.now() + this.#options.flushTimeoutMs;
  }

  /** What is left for delivering when the connections are to be closed by `deadline` too. */
  #settlingMs(deadline: number): number {
    return deadline - Math.min(CLOSING_MS, this.#options.flushTimeoutMs / 5) - this.#clock.now();
  }

  async #stop(deadline: number): Promise<FlushReport> {
    const startedAt = this.#clock.now();
    this.#state = "stopping";
    await this.#settleAll(this.#settlingMs(deadline));
    // Connections that are closed on purpose are no problem.
    this.#review.stop();
    const cause = { cause: this.#lastError };
    for (const entry of this.#pool.lanes.flatMap((lane) => lane.drain())) {
      const error = entry.maybeStored
        ? new DeliveryError(
            "UNCONFIRMED_AT_STOP",
            "stopped before the broker answered: it may have arrived",
            cause,
          )
        : new DeliveryError("UNSENT_AT_STOP", "stopped before it could be sent", cause);
      this.#fail(entry, error, entry.tries);
    }
    const closing = new AbortController();
    // A listener a connection, and Node warns of an eleventh.
    setMaxListeners(0, closing.signal);
    const closed = Promise.all(this.#supervisors.map((supervisor) => supervisor.stop(closing.signal)));
    await this.#within(deadline - this.#clock.now(), closed);
    closing.abort();
    this.#sweep?.();
    this.#state = "stopped";
    this.#tellNews([]);
    this.#room.close();
    this.#notices.drain();
    this.#journal.close();
    this.#losses.tell();
    return this.#ledger.report(this.#clock.now() - startedAt);
  }

  #sweepLater(): void {
    const { deliveryTimeoutMs } = this.#options;
    if (deliveryTimeoutMs === undefined) return;
    this.#sweep = this.#clock.after(Math.min(1000, Math.max(10, deliveryTimeoutMs / 4)), () => {
      for (const lane of this.#pool.lanes) lane.expire();
      this.#sweepLater();
    });
  }

  async #within(ms: number, done: Promise<unknown>): Promise<void> {
    let cancel = () => {};
    const late = new Promise<void>((resolve) => {
      cancel = this.#clock.after(Math.max(0, ms), resolve);
    });
    await Promise.race([done, late]);
    cancel();
  }

  /** The process stays alive while something is awaited. */
  async #holding<T>(work: () => Promise<T>): Promise<T> {
    if (this.#holds++ === 0) this.#release = this.#clock.keepAlive();
    try {
      return await work();
    } finally {
      if (--this.#holds === 0) this.#release?.();
    }
  }
}

/** Every address refuses for good: a wrong password, a missing package. */
const isHopeless = (errors: readonly TransportError[]): boolean =>
  errors.length > 0 && errors.every((error) => error.permanent);

/** What loading a transport threw, a missing package for one, is told as it is. */
function unwrapped(error: TransportError): StreamllError {
  const { cause } = error;
  return isStreamllError(cause) && !("kind" in cause) ? cause : error;
}

/** The broker may have it all the same, from a try that it did not answer. */
function doubted({ maybeStored }: Entry, error: DeliveryError): DeliveryError {
  if (!maybeStored) return error;
  const message = `${error.message}. A try of it went unanswered: it may have arrived`;
  return new DeliveryError(error.code, message, { cause: error.cause });
}

function refusalOf(error: TransportError): DeliveryError {
  const options = { cause: error };
  if (error.kind === "unroutable") return new DeliveryError("UNROUTABLE", error.message, options);
  if (error.kind === "too-large") return new DeliveryError("EVENT_TOO_LARGE", error.message, options);
  if (error.permanent) return new DeliveryError("REJECTED", error.message, options);
  return new DeliveryError("RETRIES_EXHAUSTED", `refused at every try: ${error.message}`, options);
}

// Promise.withResolvers came with Node 22.
function withResolvers<T>() {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
