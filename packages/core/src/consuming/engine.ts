import { isRefusedForGood } from "../connecting/attempt.js";
import { type Clock, systemClock } from "../delivery/clock.js";
import { causeOf } from "../delivery/connection/connections.js";
import { Endpoints } from "../delivery/connection/endpoints.js";
import { within, withResolvers } from "../delivery/promises.js";
import { DeliveryError, type TransportError } from "../errors.js";
import { EventDispatcher } from "../telemetry/event-dispatcher.js";
import { HealthMonitor } from "../telemetry/health-monitor.js";
import { LogThrottle } from "../telemetry/log-throttle.js";
import { ConsumingCounts, type ConsumingStats, counted } from "./counts.js";
import { dedupListener, deduplicated } from "./dedup.js";
import { FailureReporter } from "./failure-reporter.js";
import type { Received } from "./handling.js";
import { consumingHealthOf, findConsumingIssues } from "./health.js";
import { Locks } from "./locks.js";
import { LogOffsets, type LogOptions } from "./log-offsets.js";
import type { ConsumingOptions } from "./options.js";
import { Parking } from "./parking.js";
import type { ConsumingEvents, ConsumingHealth, ConsumingReport } from "./report.js";
import type { Delivery, SettlementOutcome, Verdict } from "./seam.js";
import type { ConsumingSetup } from "./setup.js";
import { Subscriber } from "./subscriber.js";
import { Work } from "./work.js";

/** Of `drainTimeout`, at most this much is kept back for closing the connection. */
const CLOSING_MS = 2000;

const lazilyDone: Verdict = { kind: "done", lazy: true };

/**
 * Takes the messages of one queue and hands each to its handler: at least once, in order within an execution, never
 * more than the window at a time. See `docs/consuming.md` for what it promises.
 */
export class ConsumingEngine {
  readonly #options: ConsumingOptions;
  readonly #clock: Clock;
  readonly #counts: ConsumingCounts;
  readonly #throttle: LogThrottle;
  readonly #events: EventDispatcher<ConsumingEvents>;
  readonly #failures: FailureReporter;
  readonly #monitor: HealthMonitor;
  readonly #subscriber: Subscriber;
  readonly #locks: Locks;
  readonly #offsets: LogOffsets | undefined;
  readonly #work: Work;
  readonly #parking: Parking | undefined;
  readonly #told: ConsumingSetup["settled"];
  readonly #started = withResolvers<TransportError | undefined>();
  #state: "idle" | "running" | "stopping" | "stopped" = "idle";
  #release: (() => void) | undefined;
  #stopped: Promise<ConsumingReport> | undefined;

  constructor({ consuming, endpoints, options, logger, dedup, parking, ...setup }: ConsumingSetup) {
    const { clock = systemClock, random = Math.random } = setup;
    this.#options = options;
    this.#clock = clock;
    this.#counts = new ConsumingCounts(() => clock.now());
    this.#throttle = new LogThrottle(clock, logger);
    this.#events = new EventDispatcher(clock, logger);
    this.#failures = new FailureReporter({
      source: options.source,
      counts: this.#counts,
      throttle: this.#throttle,
      events: this.#events,
    });
    this.#told = setup.settled;
    this.#monitor = new HealthMonitor({
      clock,
      throttle: this.#throttle,
      find: () => this.#issues(),
      emit: (name, problem) => this.#events.emit(name, [problem]),
    });
    this.#parking =
      parking &&
      new Parking({
        ...{ request: parking, endpoints, options, clock, random, throttle: this.#throttle },
        settle: (...settlement) => this.#tell(...settlement),
      });
    const hasDeadLetters = options.deadLetters && consuming.deadLetters !== false;
    const handle = counted(setup.handle, this.#counts, clock);
    const limits = { maxDeliveries: options.maxDeliveries, hasDeadLetters };
    const once = dedup && deduplicated(dedup, limits, handle, dedupListener(this.#counts, this.#throttle));
    this.#work = new Work({
      ...{ handle: once ?? handle, options, clock, random, hasDeadLetters },
      hasDelays: consuming.delays,
      isDeduplicated: dedup !== undefined,
      isLog: setup.log !== undefined,
      isStopping: () => this.#state !== "running",
      failed: (...failure) => this.#failures.failed(...failure),
      retried: () => this.#counts.retried++,
      duplicate: () => this.#counts.duplicate++,
      settle: (...settlement) => this.#settle(...settlement),
    });
    this.#locks = new Locks({ clock, now: Date.now, lost: (delivery) => this.#work.lose([delivery]) });
    this.#offsets = setup.log && this.#offsetsOf(setup.log);
    this.#subscriber = new Subscriber({
      consuming,
      log: this.#offsets?.request,
      endpoints: new Endpoints(endpoints, false, random),
      options,
      clock,
      random,
      throttle: this.#throttle,
      opened: ({ label }) => {
        this.#events.emit("connected", [{ endpoint: label }]);
        this.#started.resolve(undefined);
      },
      received: (deliveries, subscription) => {
        this.#counts.received += deliveries.length;
        for (const delivery of deliveries) {
          this.#locks.hold(delivery, subscription);
          this.#offsets?.opened(delivery);
          this.#work.take(delivery, subscription);
        }
      },
      revoked: (deliveries) => {
        for (const delivery of deliveries) this.#locks.release(delivery);
        this.#work.lose(deliveries);
      },
      lost: ({ label }, error) => {
        this.#work.forget();
        this.#locks.clear();
        this.#parking?.forget();
        this.#offsets?.lost();
        const why = this.#state === "running" ? { error } : {};
        this.#events.emit("disconnected", [{ endpoint: label, ...why }]);
      },
      roundFailed: (errors) => {
        if (errors.some(({ kind }) => kind === "not-found")) this.#offsets?.gone();
        const givesUp = this.#subscriber.opens === 0 && isRefusedForGood(errors);
        if (givesUp || !options.waitForBroker) this.#started.resolve(givesUp ? errors[0] : undefined);
        return givesUp;
      },
    });
  }

  /**
   * Subscribes. A broker that cannot be reached is tried again in the background; the promise resolves once each
   * address was tried, and with `waitForBroker` when it is subscribed. From then on the process is kept alive until `stop()`.
   *
   * @throws TransportError (or what loading the transport threw) for what will not heal by itself: a wrong password, a
   *   queue that is not there. DeliveryError of code `STOPPED` after `stop()`.
   */
  async start(): Promise<void> {
    if (this.#state === "idle") {
      this.#state = "running";
      this.#release = this.#clock.keepAlive();
      this.#monitor.start();
      this.#subscriber.start();
    }
    if (this.#state !== "running")
      throw new DeliveryError("STOPPED", "the consumer was stopped; make a new one");
    const error = await this.#started.promise;
    if (error !== undefined) {
      await this.stop();
      throw causeOf(error);
    }
    if (this.#state !== "running" && this.#subscriber.opens === 0)
      throw new DeliveryError("STOPPED", "the consumer was stopped before it was connected");
  }

  /**
   * Takes nothing more, lets handlers finish, gives back the rest, and closes: all within `drainTimeout`. Then nothing
   * is left open. Never rejects.
   */
  stop(): Promise<ConsumingReport> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  stats(): ConsumingStats {
    return this.#counts.read({
      events_in_hand: this.#work.inHand,
      events_waiting: this.#work.waiting,
      reconnects: Math.max(0, this.#subscriber.opens - 1),
      subscribed: this.#subscriber.isSubscribed,
    });
  }

  health(): ConsumingHealth {
    const { isSubscribed, lastError } = this.#subscriber;
    return consumingHealthOf({
      isRunning: this.#state === "running",
      isSubscribed,
      pending: this.#work.inHand + this.#work.waiting + (this.#parking?.size ?? 0),
      lastError,
      problems: this.#monitor.problems(),
    });
  }

  /** Messages of the queue that nobody has been handed, as the broker says now; `undefined` where nobody can say. */
  lag(): Promise<number | undefined> {
    return this.#subscriber.waiting();
  }

  on<K extends keyof ConsumingEvents>(name: K, listener: (...args: ConsumingEvents[K]) => void): void {
    this.#events.on(name, listener);
  }

  off<K extends keyof ConsumingEvents>(name: K, listener: (...args: ConsumingEvents[K]) => void): void {
    this.#events.off(name, listener);
  }

  #issues() {
    const { lastError } = this.#subscriber;
    const { exhausted } = this.#work;
    return findConsumingIssues({
      options: this.#options,
      isLog: this.#offsets !== undefined,
      lastError,
      exhausted,
      unparked: this.#parking?.problem(),
      recent: this.#throttle.recent(1),
    });
  }

  #offsetsOf(options: LogOptions): LogOffsets {
    return new LogOffsets({
      options,
      clock: this.#clock,
      storeOffset: (partition, offset) => this.#subscriber.storeOffset(partition, offset),
      left: (partition) => this.#work.leave(partition),
      notStored: (message) => this.#throttle.log("offset_not_stored", { code: "OFFSET_NOT_STORED" }, message),
    });
  }

  #settle(received: Received, verdict: Verdict, attempts: number, told?: () => void): void {
    const { delivery, subscription } = received;
    const isLog = this.#offsets !== undefined;
    if (verdict.kind === "done" && told === undefined && this.#told === undefined && !isLog) {
      this.#locks.release(delivery);
      return subscription.settle(delivery, lazilyDone, this.#done);
    }
    // What is not of this connection comes again, and has its letter then.
    const isParked = verdict.kind === "dead" && this.#subscriber.isCurrent(subscription);
    if (isParked && this.#parking !== undefined) return this.#parking.park(received, verdict, attempts, told);
    // What is given up stays in a log: it is passed over.
    const given: Verdict = isLog && verdict.kind === "dead" ? { kind: "done" } : verdict;
    this.#tell(received, given, verdict, told);
  }

  /** @param given the verdict as the broker hears it: of what is parked, it is done. */
  #tell({ delivery, subscription }: Received, given: Verdict, verdict: Verdict, told?: () => void): void {
    this.#locks.release(delivery);
    subscription.settle(delivery, given, (outcome) => {
      // It comes again, and its verdict then is the one that counts.
      if (outcome === "lost") this.#counts.lost++;
      else this.#settled(delivery, verdict);
      this.#told?.(delivery, outcome);
      told?.();
    });
  }

  /** One for all that are done: most are. */
  readonly #done = (outcome: SettlementOutcome): void => {
    if (outcome === "lost") this.#counts.lost++;
    else this.#subscriber.proven();
  };

  #settled(delivery: Delivery, verdict: Verdict): void {
    this.#subscriber.proven();
    if (verdict.kind === "again") this.#counts.givenBack++;
    else this.#offsets?.finished(delivery);
    if (verdict.kind === "dead") this.#failures.deadLettered(delivery, verdict);
  }

  async #stop(): Promise<ConsumingReport> {
    const { drainTimeoutMs } = this.#options;
    const startedAt = this.#clock.now();
    const left = (deadline: number) => Math.max(0, deadline - this.#clock.now());
    const end = startedAt + drainTimeoutMs;
    const draining = end - Math.min(CLOSING_MS, drainTimeoutMs / 5);
    const wasRunning = this.#state === "running";
    this.#state = "stopping";
    this.#release ??= this.#clock.keepAlive();
    if (wasRunning) {
      this.#work.stop();
      const drained = this.#work.idle().then(() => this.#parking?.stop());
      await within(this.#clock, left(draining), drained);
      this.#work.interrupt();
      // What waits for an answer of the broker may wait for ever.
      await within(this.#clock, left(end) / 4, this.#work.idle());
      if (this.#offsets !== undefined) await within(this.#clock, left(end) / 2, this.#offsets.flush());
      // Not before: the next consumer of a queue with a single active one would overtake what runs here.
      await this.#subscriber.stop(left(end) / 2);
      this.#parking?.giveBack();
      this.#work.giveBack();
      await Promise.all([this.#subscriber.close(left(end)), this.#parking?.close(left(end))]);
    }
    this.#monitor.stop();
    this.#state = "stopped";
    this.#started.resolve(undefined);
    this.#events.drain();
    this.#throttle.close();
    this.#release();
    const { handled, deadLettered, givenBack } = this.#counts;
    return { handled, deadLettered, givenBack, durationMs: this.#clock.now() - startedAt };
  }
}
