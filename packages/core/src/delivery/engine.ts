import type { PreparedMessage } from "../buffer/encoded-event.js";
import type { EventLog } from "../buffer/event-log.js";
import { isRefusedForGood } from "../connecting/attempt.js";
import { DeliveryError, StreamllError, type TransportError } from "../errors.js";
import type { EventDispatcher } from "../telemetry/event-dispatcher.js";
import type { HealthMonitor } from "../telemetry/health-monitor.js";
import type { LogThrottle } from "../telemetry/log-throttle.js";
import type { Meter } from "../telemetry/meter.js";
import type { DeliveryStats } from "../telemetry/stats.js";
import { onAbort } from "./aborts.js";
import { type Admission, SPOOLED } from "./admission.js";
import type { Clock } from "./clock.js";
import { type Connections, causeOf } from "./connection/connections.js";
import type { EngineEvents } from "./engine-events.js";
import { engineParts } from "./engine-parts.js";
import { KeepAlive } from "./keep-alive.js";
import type { Ledger } from "./ledger.js";
import type { Losses } from "./losses.js";
import type { DeliveryOptions } from "./options.js";
import { withResolvers } from "./promises.js";
import type { FlushReport, Health, Receipt } from "./report.js";
import type { Settlement, Waiter } from "./settlement.js";
import type { DeliverySetup, PublishOptions } from "./setup.js";
import type { Shutdown } from "./shutdown.js";
import { healthOf, statsOf } from "./snapshot.js";
import type { Spooling } from "./spool/spooling.js";
import type { Upkeep } from "./upkeep.js";

/**
 * Accepts events, delivers them over the lanes of one transport, and accounts for each: every accepted event is settled
 * exactly once. See `docs/reliability.md` for its guarantees.
 */
export class DeliveryEngine {
  readonly #options: DeliveryOptions;
  readonly #clock: Clock;
  readonly #log: EventLog;
  readonly #ledger: Ledger;
  readonly #meter: Meter;
  readonly #throttle: LogThrottle;
  readonly #losses: Losses;
  readonly #events: EventDispatcher<EngineEvents>;
  readonly #monitor: HealthMonitor;
  readonly #keepAlive: KeepAlive;
  readonly #connections: Connections;
  readonly #settlement: Settlement;
  readonly #admission: Admission;
  readonly #shutdown: Shutdown;
  readonly #upkeep: Upkeep;
  readonly #spooling: Spooling | undefined;
  #state: "idle" | "running" | "stopping" | "stopped" = "idle";
  #stopped: Promise<FlushReport> | undefined;
  #unwatchEnd: (() => void) | undefined;

  constructor(setup: DeliverySetup) {
    const { options, onFailure } = setup;
    const parts = engineParts(setup, { isRunning: () => this.isRunning, freed: () => this.#freed() });
    this.#options = options;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#ledger = parts.ledger;
    this.#meter = parts.meter;
    this.#keepAlive = new KeepAlive(parts.clock);
    this.#throttle = parts.throttle;
    this.#losses = parts.losses;
    this.#events = parts.events;
    this.#spooling = parts.spooling;
    this.#connections = parts.connections;
    this.#settlement = parts.settlement;
    this.#admission = parts.admission;
    this.#monitor = parts.monitor;
    this.#upkeep = parts.upkeep;
    this.#shutdown = parts.shutdown;
    if (onFailure !== undefined) {
      this.on("failed", onFailure);
      this.on("dropped", onFailure);
    }
  }

  get isRunning(): boolean {
    return this.#state === "running";
  }

  /** Events that are not settled, in memory and on disk; above 0 while the disk is searched. */
  get unsettled(): number {
    return (this.#spooling?.isSearching ? 1 : 0) + this.#ledger.open;
  }

  /** Events in memory that are not settled. */
  get pending(): number {
    return this.#ledger.unsettled;
  }

  /**
   * Connects and declares. An unreachable broker is retried in the background; the promise resolves once each address
   * was tried, and with `waitForBroker` when one is connected.
   *
   * @throws TransportError (or what loading the transport threw) for what will not heal by itself; DeliveryError of
   *   code `STOPPED` where `stop()` came before the broker that it waited for.
   */
  async start(): Promise<void> {
    const asked = this.#connections.ask();
    if (!this.#begin()) throw new DeliveryError("STOPPED", "the sink was stopped; make a new one");
    return this.#keepAlive.during(async () => {
      await this.#spooling?.opened();
      if (this.#connections.isConnected) return;
      const isNews = (errors: readonly TransportError[]) =>
        errors.length === 0 || isRefusedForGood(errors) || !this.#options.waitForBroker;
      const errors = await this.#connections.hear(asked, isNews).news;
      if (isRefusedForGood(errors)) throw causeOf(errors[0]!);
      if (!this.isRunning) throw new DeliveryError("STOPPED", "the sink was stopped before it was connected");
    });
  }

  /** Accepts an event and starts the engine. `false` if the event was not accepted. Never throws, never blocks. */
  offer(message: PreparedMessage): boolean {
    return typeof this.#admit(message, undefined) === "number";
  }

  /** @throws DeliveryError when it was not delivered; the reason of `signal` when that aborted. */
  publish(message: PreparedMessage, { signal }: PublishOptions = {}): Promise<Receipt> {
    const published = this.#keepAlive.during(async () => {
      signal?.throwIfAborted();
      const { promise, resolve, reject } = withResolvers<Receipt>();
      let place = SPOOLED;
      const entered = (slot: number) => {
        place = slot;
      };
      const admitted = this.#admit(message, { resolve, reject, entered });
      if (typeof admitted !== "number") throw admitted;
      if (signal === undefined) return promise;
      place = admitted;
      const order = place === SPOOLED ? this.#ledger.lastOrder : this.#log.order[place]!;
      const forget = onAbort(signal, () => {
        reject(signal.reason);
        if (place === SPOOLED) this.#spooling?.withdraw(message, order);
        else if (this.#log.holds(place, order) && this.#log.flight[place] === 0)
          this.#settlement.withdraw(place);
      });
      return promise.finally(forget);
    });
    // A caller that does not await it learns of a failure through `onFailure`, not through a crash.
    published.catch(() => {});
    return published;
  }

  /** Counts events that were rejected, and logged, before they got here: invalid ones, and those without a message. */
  countRejected(code: string): void {
    this.#losses.refusedAloud(code);
  }

  /**
   * Resolves when there is room for an event of any allowed size; after a full buffer, when half is free. As many waiters
   * are released as there is room for; the room is kept for them until the next turn of the event loop.
   */
  ready(): Promise<void> {
    // In a later turn: the loop of a program that knows nothing of stop() would keep all else from running.
    if (this.#state === "stopped") return new Promise((resolve) => void this.#clock.afterPoll(resolve));
    const room = this.#admission.ready();
    return room === undefined ? Promise.resolve() : this.#keepAlive.during(() => room);
  }

  /**
   * The highest sequence up to which every partition has stored what it was sent, now or by an earlier program of
   * the same name. Waits until each has been connected.
   *
   * @throws TransportError (or what loading the transport threw) for what will not heal by itself.
   */
  lastSequence(): Promise<number> {
    return this.#keepAlive.during(async () => {
      const { pool } = this.#connections;
      const size = this.#begin() ? pool.size : 0;
      const lanes = Array.from({ length: size }, (_, index) => pool.at(index));
      const last = () => Math.min(...lanes.map(({ storedTo = -1 }) => storedTo));
      if (this.isRunning && last() < 0) {
        const isEnough = () => last() >= 0 || !this.isRunning;
        const errors = await this.#connections.hear(0, (errors) => isRefusedForGood(errors) || isEnough())
          .news;
        if (!isEnough()) throw causeOf(errors[0]!);
      }
      if (this.isRunning) return last();
      throw new DeliveryError("STOPPED", "the sink was stopped");
    });
  }

  /**
   * Resolves when everything accepted before it is settled. What is pending after `flushTimeout`, or once every
   * address has refused for good (a wrong password), stays pending.
   */
  flush(): Promise<FlushReport> {
    return this.#keepAlive.during(() => this.#shutdown.drain(this.#options.flushTimeoutMs));
  }

  /**
   * Accepts no more events, delivers the accepted ones, and closes. Ends within `flushTimeout`, and leaves nothing open.
   * The report covers all events that were ever accepted.
   */
  stop(): Promise<FlushReport> {
    this.#stopped ??= this.#keepAlive.during(() => this.#stop(this.#deadline()));
    return this.#stopped;
  }

  /**
   * Resolves when every event that was accepted before the call is on disk, with `fsync: "always"` beyond the memory of the
   * operating system.
   *
   * @throws StreamllError `SPOOL_UNWRITABLE` where the disk takes nothing, or there is no spool.
   */
  async spooled(): Promise<void> {
    if (this.#spooling === undefined)
      throw new StreamllError(
        "SPOOL_UNWRITABLE",
        'there is no spool: set the option spool, for example spool: "./spool"',
      );
    if (this.#state === "idle") return;
    await this.#keepAlive.during(() => this.#spooling!.written());
  }

  stats(): DeliveryStats {
    return statsOf({
      ledger: this.#ledger,
      log: this.#log,
      connections: this.#connections,
      counts: this.#settlement.counts,
      meter: this.#meter,
      spooling: this.#spooling,
    });
  }

  /** How the events were settled so far, with the failed and dropped ones by code. */
  totals(): FlushReport {
    return this.#ledger.report(0);
  }

  health(): Health {
    const { pending } = this;
    const open = this.#spooling === undefined ? { pending } : { pending, spooled: this.#ledger.spooled };
    return healthOf(this.#connections, this.isRunning, open, this.#monitor.problems());
  }

  on<K extends keyof EngineEvents>(name: K, listener: (...args: EngineEvents[K]) => void): void {
    this.#events.on(name, listener);
  }

  off<K extends keyof EngineEvents>(name: K, listener: (...args: EngineEvents[K]) => void): void {
    this.#events.off(name, listener);
  }

  #begin(): boolean {
    if (this.#state === "idle") {
      this.#state = "running";
      this.#spooling?.begin();
      this.#connections.pool.at(0);
      this.#upkeep.start();
      this.#monitor.start();
    }
    return this.isRunning;
  }

  #admit(message: PreparedMessage, waiter: Waiter | undefined): number | DeliveryError {
    if (!this.#begin()) return this.#admission.reject(new DeliveryError("STOPPED", "the sink was stopped"));
    const admitted = this.#admission.admit(message, waiter);
    if (this.#ledger.open > 0) this.#unwatchEnd ??= this.#clock.beforeExit(() => void this.#finish());
    return admitted;
  }

  #freed(): void {
    this.#admission.freed();
    if (this.#ledger.open > 0) return;
    this.#unwatchEnd?.();
    this.#unwatchEnd = undefined;
  }

  /** The program ends without `stop()`. Events that cannot be delivered in time are lost. */
  async #finish(): Promise<void> {
    if (!this.isRunning) return;
    const deadline = this.#deadline();
    await this.#keepAlive.during(() => this.#shutdown.drainFor(deadline));
    if (this.#ledger.open === 0) return;
    this.#stopped ??= this.#keepAlive.during(() => this.#stop(deadline));
  }

  #deadline(): number {
    return this.#clock.now() + this.#options.flushTimeoutMs;
  }

  async #stop(deadline: number): Promise<FlushReport> {
    const startedAt = this.#clock.now();
    this.#state = "stopping";
    await this.#shutdown.deliverAndClose(deadline);
    this.#upkeep.stop();
    this.#state = "stopped";
    this.#connections.closed();
    this.#admission.close();
    this.#events.drain();
    this.#throttle.close();
    this.#losses.report();
    return this.#ledger.report(this.#clock.now() - startedAt);
  }
}
