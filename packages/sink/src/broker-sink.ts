import { AsyncResource } from "node:async_hooks";
import { explain, renamed, resolveNamed, type UrlOption } from "@streamll/connection/internal";
import {
  type AnyEvent,
  DeliveryError,
  type DeliveryStats,
  type EventSink,
  type FlushReport,
  type Health,
  type Receipt,
  type TransportFactory,
} from "@streamll/core";
import {
  type DeliveryEngine,
  expectEnding,
  isRepetition,
  type PreparedMessage,
} from "@streamll/core/internal";
import { deadLetterOf } from "./dead-letter.js";
import type { Explanation } from "./explain.js";
import { failureOf } from "./failure.js";
import { type Complain, complainTo, sinkLogger } from "./logging.js";
import { messageMaker, ownTemplates } from "./message.js";
import { Metrics } from "./metrics.js";
import { overSinkEnvironment } from "./options/environment.js";
import type { BrokerSinkOptions } from "./options/sink-options.js";
import { OpenTelemetry } from "./otel/open-telemetry.js";
import type { PublishOptions } from "./publish-options.js";
import { complainOfEvent } from "./rejection.js";
import { type Plan, resolve } from "./resolve.js";
import { invalidSequence, requirePublisherName } from "./sequence.js";
import { PlatformWait } from "./serverless/wait-until.js";
import type { SinkEvents } from "./sink-events.js";
import { SinkListeners } from "./sink-listeners.js";
import type { Orphans } from "./spool/orphans.js";
import { engineOf } from "./spool/spooled-engine.js";
import { unawaited } from "./unawaited.js";

/**
 * Delivers every event that it accepts to a broker, without slowing your program down: RabbitMQ by any of its protocols,
 * Azure Service Bus, or the protocol of a transport of your own. The URL's scheme chooses the transport.
 *
 * @throws ConfigurationError at construction, listing everything that is wrong with the options.
 * @throws TransportNotInstalledError from `start()` where the package of the transport is not installed.
 * @example
 * const sink = new BrokerSink({ url: "amqp://localhost:5672/" });
 * sink.handleEvent({ eventType: "start", operation: "answer" });
 * await sink.stop();
 */
export class BrokerSink<Factory extends TransportFactory = TransportFactory>
  implements EventSink, AsyncDisposable
{
  /** What the option of the broker's addresses is called. */
  protected static readonly urlOption: UrlOption = "url";
  /** Named in errors about options. */
  protected static readonly className: string = "BrokerSink";
  /** What pauses are spread by, 0 to 1: see `verification/scale`, which shows what a program without it meets. */
  protected static readonly random: () => number = Math.random;
  readonly #plan: Plan;
  readonly #engine: DeliveryEngine;
  readonly #orphans: Orphans | undefined;
  readonly #complain: Complain;
  readonly #messageOf: (event: AnyEvent) => PreparedMessage | undefined;
  readonly #metrics: Metrics | undefined;
  readonly #endObserving: () => void;
  readonly #platform: PlatformWait | undefined;
  readonly #listeners: SinkListeners;
  /**
   * The async context in which the program made the sink. Timers and sockets would keep that of the first event, such as
   * a request, for as long as the sink lives, and show it to all callbacks.
   */
  readonly #origin = new AsyncResource("streamll.sink");
  #stopped: Promise<FlushReport> | undefined;

  constructor(options: BrokerSinkOptions<Factory> = {} as BrokerSinkOptions<Factory>) {
    const { urlOption, className } = new.target;
    const logger = sinkLogger(options?.logger);
    const resolveGiven = (given: Readonly<Record<string, unknown>>) => resolve(given, logger, className);
    this.#plan = resolveNamed(options, urlOption, className, resolveGiven);
    const { connection, values, warnings } = this.#plan;
    this.#complain = complainTo(values.logger, logger);
    for (const warning of warnings) this.#complain("option_warning", warning, warning);
    this.#messageOf = messageMaker(values, ownTemplates(connection.rows, connection.own), this.#complain);
    const { onFailure, metricsCallback, waitUntil } = values;
    if (waitUntil !== undefined)
      this.#platform = new PlatformWait(waitUntil, () => this.flush(), this.#complain);
    const deadLetter = deadLetterOf(values);
    const telemetry = new OpenTelemetry(this.#plan, this.#complain);
    const { engine, orphans } = engineOf({
      plan: this.#plan,
      logger,
      recorded: (transport) => telemetry.recorded(transport),
      random: new.target.random,
      ...(deadLetter === undefined ? {} : { deadLetter }),
      ...(onFailure === undefined ? {} : { onFailure: (failure) => onFailure(failureOf(failure)) }),
    });
    this.#engine = engine;
    this.#listeners = new SinkListeners(engine);
    this.#orphans = orphans;
    this.#endObserving = telemetry.observe(engine, () => orphans?.count ?? 0);
    expectEnding();
    if (metricsCallback !== undefined) {
      const stats = () => this.stats();
      this.#metrics = new Metrics(metricsCallback, values.metricsInterval, stats, this.#complain);
    }
  }

  /**
   * A sink with the options that environment variables set; `overrides` win.
   *
   * @throws ConfigurationError that names the variable with a bad value.
   */
  static fromEnv<Factory extends TransportFactory = TransportFactory>(
    overrides: BrokerSinkOptions<Factory> = {} as BrokerSinkOptions<Factory>,
    env: NodeJS.ProcessEnv = process.env,
  ): BrokerSink {
    const named = overSinkEnvironment(renamed(overrides, "url", "amqpUrl"), env);
    return new BrokerSink(renamed(named, "amqpUrl", "url"));
  }

  get isRunning(): boolean {
    return this.#engine.isRunning;
  }

  /**
   * Connects and declares. A broker that cannot be reached is tried again in the background; with
   * `waitForBroker` the promise waits for it.
   *
   * @throws TransportError for what will not recover by itself: wrong password, unknown vhost, TLS, a conflict.
   * @throws TransportNotInstalledError when the package of the transport is missing.
   */
  start(): Promise<void> {
    return this.#atOrigin(() => {
      this.#begin();
      return unawaited(this.#engine.start());
    });
  }

  /**
   * Accepts an event, and starts the sink if that has not happened. Never throws and never blocks.
   *
   * @returns `false` when the event was rejected: no room (wait for {@link ready}), stopped, not an event, `transform`
   *   threw, or a listener of `beforeExit` passed it that runs again because this sink was delivering. An event that the
   *   filter leaves out counts as accepted.
   */
  handleEvent(event: AnyEvent): boolean {
    try {
      const message = this.#messageOf(event);
      if (message === undefined) return true;
      if (isRepetition()) return false;
      const taken = this.#atOrigin(() => {
        this.#begin();
        return this.#engine.offer(message);
      });
      if (taken) this.#platform?.accepted();
      return taken;
    } catch (error) {
      this.#reject(error);
      return false;
    }
  }

  /** Resolves when there is room for an event again. */
  ready(): Promise<void> {
    return this.#atOrigin(() => this.#engine.ready());
  }

  /**
   * Delivers one event and waits for the broker's answer. One that the filter leaves out resolves at once, with
   * 0 attempts.
   *
   * @throws DeliveryError when it was not delivered; InvalidEventError when it is not an event; the reason of
   *   `signal` when that aborted.
   */
  publish(event: AnyEvent, options: PublishOptions = {}): Promise<Receipt> {
    return unawaited(this.#publish(event, options));
  }

  async #publish(event: AnyEvent, { signal, sequence }: PublishOptions): Promise<Receipt> {
    if (sequence !== undefined) requirePublisherName(this.#plan, "sequence");
    let message: PreparedMessage | undefined;
    try {
      message = this.#messageOf(event);
    } catch (error) {
      this.#reject(error);
      throw error;
    }
    if (message === undefined) return { eventId: "", confirmed: false, attempts: 0, latencyMs: 0 };
    if (sequence !== undefined) {
      const objection = invalidSequence(this.#plan, event, sequence);
      if (objection !== undefined) {
        this.#engine.countRejected("REJECTED");
        throw new DeliveryError("REJECTED", objection);
      }
      message.sequence = sequence;
    }
    const published = this.#atOrigin(() => {
      this.#begin();
      return this.#engine.publish(message, signal === undefined ? {} : { signal });
    });
    // A refusal is known only later: where this event was not accepted, the platform waits for those that were.
    if (this.isRunning) this.#platform?.accepted();
    return published;
  }

  /**
   * The last `sequence` that the stream has under `publisherName`, or the least over the partitions of a super stream;
   * 0 where it has none. Waits until every partition has been connected.
   *
   * @throws ConfigurationError without a stream or without `publisherName`; else as {@link start}.
   * @example
   * for (let n = (await sink.lastSequence()) + 1; n <= lines.length; n++) {
   *   await sink.ready();
   *   sink.publish(eventOf(lines[n - 1]), { sequence: n }).catch(report);
   * }
   */
  lastSequence(): Promise<number> {
    const asked = this.#atOrigin(async () => {
      requirePublisherName(this.#plan, "lastSequence");
      return this.#engine.lastSequence();
    });
    return unawaited(asked);
  }

  /** Resolves when every event accepted before the call is settled, or after `flushTimeout` with those that are pending. */
  flush(): Promise<FlushReport> {
    return this.#atOrigin(() => this.#engine.flush());
  }

  /** Accepts no more events, delivers those it has, and closes. Ends within `flushTimeout`. Called again: the same report. */
  stop(): Promise<FlushReport> {
    this.#stopped ??= this.#atOrigin(() => this.#stop());
    return this.#stopped;
  }

  async #stop(): Promise<FlushReport> {
    try {
      const [report] = await Promise.all([this.#engine.stop(), this.#orphans?.stop()]);
      return report;
    } finally {
      this.#metrics?.stop();
      this.#endObserving();
    }
  }

  /**
   * Resolves when every event that was accepted before the call is in the spool's files: from then on it survives a
   * SIGKILL, and with `fsync: "always"` a loss of power.
   *
   * @throws StreamllError of code `SPOOL_UNWRITABLE` where the disk takes nothing, or the option `spool` is not set.
   * @example
   * sink.handleEvent(event);
   * await sink.spooled();
   * await acknowledge(request);
   */
  spooled(): Promise<void> {
    return unawaited(this.#atOrigin(() => this.#engine.spooled()));
  }

  stats(): DeliveryStats {
    return this.#engine.stats();
  }

  /** From memory: opens nothing. */
  health(): Health {
    return this.#engine.health();
  }

  /** The options as resolved, secrets redacted, each with where it came from. */
  explain(): Explanation {
    return explain(this.#plan);
  }

  on<K extends keyof SinkEvents>(name: K, listener: (...args: SinkEvents[K]) => void): this {
    this.#listeners.on(name, listener);
    return this;
  }

  off<K extends keyof SinkEvents>(name: K, listener: (...args: SinkEvents[K]) => void): this {
    this.#listeners.off(name, listener);
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #begin(): void {
    this.#metrics?.start();
    if (!this.#stopped) this.#orphans?.start();
  }

  #atOrigin<T>(work: () => T): T {
    return this.#origin.runInAsyncScope(work);
  }

  #reject(error: unknown): void {
    this.#engine.countRejected(complainOfEvent(error, this.#complain));
  }
}
