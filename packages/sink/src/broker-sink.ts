import { AsyncResource } from "node:async_hooks";
import { renamed, resolveNamed, type UrlOption } from "@streamll/connection/internal";
import {
  type AnyEvent,
  ConfigurationError,
  DeliveryError,
  type DeliveryStats,
  type EventSink,
  type FlushReport,
  type Health,
  InvalidEventError,
  type Receipt,
  StreamllError,
  type TransportFactory,
} from "@streamll/core";
import {
  DeliveryEngine,
  type EngineEvents,
  type EngineFailure,
  expectEnding,
  isRepetition,
  type PreparedMessage,
} from "@streamll/core/internal";
import { deadLetterOf } from "./dead-letter.js";
import { type Explanation, explain } from "./explain.js";
import { type Failure, failureOf } from "./failure.js";
import { type Complain, complainTo, nameOfError, sinkLogger } from "./logging.js";
import { filledFields, messageMaker } from "./message.js";
import { Metrics } from "./metrics.js";
import { overSinkEnvironment } from "./options/environment.js";
import type { BrokerSinkOptions } from "./options/sink-options.js";
import { type Plan, resolve } from "./resolve.js";

/** What a sink tells its listeners, never in the middle of a call of yours. */
export interface SinkEvents extends Omit<EngineEvents, "failed" | "dropped"> {
  failed: [failure: Failure];
  dropped: [failure: Failure];
}

export interface PublishOptions {
  /** Withdraws the event while it is still buffered; once it is sent only the waiting ends. */
  readonly signal?: AbortSignal;
  /**
   * A whole number of your own by which a stream deduplicates, above that of the event before it: a place in what the
   * program reads, from 1. Only streams with `publisherName` have it, and then all events or none. With
   * `superStreamPartitions` the event's `executionId` has to come from the input too: it chooses the partition.
   */
  readonly sequence?: number;
}

/**
 * Delivers every event that it accepts to a broker, without slowing your program down: RabbitMQ by any of its protocols,
 * Azure Service Bus, or what a transport of your own speaks. The URL's scheme chooses the transport.
 *
 * @throws ConfigurationError at construction, listing everything that is wrong with the options.
 * @throws TransportNotInstalledError at construction for what a package yet to come brings; from `start()` for a
 *   package that is not installed.
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
  readonly #complain: Complain;
  readonly #messageOf: (event: AnyEvent) => PreparedMessage | undefined;
  readonly #metrics: Metrics | undefined;
  /** What the engine was given in the place of a listener, for as long as that is there. */
  readonly #listeners = new WeakMap<object, (failure: EngineFailure) => void>();
  /**
   * What the program had around it when it made the sink. Timers and sockets would keep what is around the first
   * event, a request say, for as long as the sink lives, and show it to all callbacks.
   */
  readonly #origin = new AsyncResource("streamll.sink");
  #stopped: Promise<FlushReport> | undefined;

  constructor(options: BrokerSinkOptions<Factory> = {} as BrokerSinkOptions<Factory>) {
    const { urlOption, className } = new.target;
    const logger = sinkLogger(options?.logger);
    const resolveGiven = (given: Readonly<Record<string, unknown>>) => resolve(given, logger, className);
    this.#plan = resolveNamed(options, urlOption, className, resolveGiven);
    const { connection, values, transport, endpoints, delivery, warnings } = this.#plan;
    this.#complain = complainTo(values.logger, logger);
    for (const warning of warnings) this.#complain("option_warning", warning, warning);
    const filled = filledFields(connection.rows, connection.own);
    this.#messageOf = messageMaker(values, filled, this.#complain);
    const { onFailure, metricsCallback } = values;
    const deadLetter = deadLetterOf(values);
    this.#engine = new DeliveryEngine({
      transport,
      endpoints,
      options: delivery,
      logger,
      random: new.target.random,
      ...(deadLetter === undefined ? {} : { deadLetter }),
      ...(onFailure === undefined ? {} : { onFailure: (failure) => onFailure(failureOf(failure)) }),
    });
    expectEnding();
    if (metricsCallback !== undefined) {
      const stats = () => this.stats();
      this.#metrics = new Metrics(metricsCallback, values.metricsInterval, stats, this.#complain);
    }
  }

  /**
   * A sink by what environment variables say; `overrides` win.
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
   * @throws TransportError for what will not heal by itself: wrong password, unknown vhost, TLS, a conflict.
   * @throws TransportNotInstalledError when the package of the transport is missing.
   */
  start(): Promise<void> {
    return this.#atOrigin(() => {
      this.#metrics?.start();
      return unawaited(this.#engine.start());
    });
  }

  /**
   * Takes an event over, and starts the sink if nobody did. Never throws and never blocks.
   *
   * @returns `false` when it was not taken: no room (wait for {@link ready}), stopped, no event at all, `transform`
   *   threw, or a listener of `beforeExit` handed it over that is asked again because this sink was delivering. An event that the filter leaves out counts as taken.
   */
  handleEvent(event: AnyEvent): boolean {
    try {
      const message = this.#messageOf(event);
      if (message === undefined) return true;
      if (isRepetition()) return false;
      return this.#atOrigin(() => {
        this.#metrics?.start();
        return this.#engine.offer(message);
      });
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
   * @throws DeliveryError when it was not delivered; InvalidEventError when it is no event; the reason of
   *   `signal` when that aborted.
   */
  publish(event: AnyEvent, options: PublishOptions = {}): Promise<Receipt> {
    return unawaited(this.#publish(event, options));
  }

  async #publish(event: AnyEvent, { signal, sequence }: PublishOptions): Promise<Receipt> {
    if (sequence !== undefined) this.#needPublisherName("sequence");
    let message: PreparedMessage | undefined;
    try {
      message = this.#messageOf(event);
    } catch (error) {
      this.#reject(error);
      throw error;
    }
    if (message === undefined) return { eventId: "", confirmed: false, attempts: 0, latencyMs: 0 };
    if (sequence !== undefined) this.#number(message, event, sequence);
    return this.#atOrigin(() => {
      this.#metrics?.start();
      return this.#engine.publish(message, signal === undefined ? {} : { signal });
    });
  }

  /**
   * The last `sequence` that the stream has under `publisherName`, of a super stream the least over its partitions;
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
    return unawaited(this.#lastSequence());
  }

  async #lastSequence(): Promise<number> {
    this.#needPublisherName("lastSequence");
    return this.#atOrigin(() => this.#engine.lastSequence());
  }

  /** Resolves when all accepted before it is settled, or with what is pending after `flushTimeout`. */
  flush(): Promise<FlushReport> {
    return this.#atOrigin(() => this.#engine.flush());
  }

  /** Takes nothing more, delivers what is there, closes. Ends within `flushTimeout`. Called again: the same report. */
  stop(): Promise<FlushReport> {
    this.#stopped ??= this.#atOrigin(() => this.#engine.stop().finally(() => this.#metrics?.stop()));
    return this.#stopped;
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
    this.#engine.on(name, this.#forEngine(name, listener));
    return this;
  }

  off<K extends keyof SinkEvents>(name: K, listener: (...args: SinkEvents[K]) => void): this {
    this.#engine.off(name, this.#forEngine(name, listener));
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #atOrigin<T>(work: () => T): T {
    return this.#origin.runInAsyncScope(work);
  }

  #forEngine<K extends keyof SinkEvents>(name: K, listener: (...args: SinkEvents[K]) => void) {
    type ForEngine = (...args: EngineEvents[K]) => void;
    if (name !== "failed" && name !== "dropped") return listener as unknown as ForEngine;
    const known = this.#listeners.get(listener);
    const wrapped = known ?? ((failure) => (listener as (failure: Failure) => void)(failureOf(failure)));
    this.#listeners.set(listener, wrapped);
    return wrapped as unknown as ForEngine;
  }

  #reject(error: unknown): void {
    this.#engine.countRejected(error instanceof InvalidEventError ? "INVALID_EVENT" : "CALLBACK_FAILED");
    if (error instanceof InvalidEventError) {
      this.#complain(
        "invalid_event",
        "event",
        `not taken, as it is no event: ${error.field || "the whole"} is wrong (said once)`,
      );
    } else if (!(error instanceof StreamllError)) {
      this.#complain("invalid_event", "event", `an event was not taken: ${nameOfError(error)} (said once)`);
    }
  }

  /** What the engine cannot see: 0 is its own word for none, and by now every event has an execution. */
  #number(message: PreparedMessage, event: AnyEvent, sequence: number): void {
    const given = event as { readonly executionId?: unknown; readonly execution_id?: unknown };
    const { partitions = 1 } = this.#plan.transport;
    let objection: string | undefined;
    if (sequence === 0) objection = "sequence is 0; allowed is a whole number from 1";
    else if (partitions > 1 && !(given.executionId ?? given.execution_id))
      objection =
        "with superStreamPartitions an event that has a sequence needs an executionId that comes from the input too: by a new one it would go to another partition when the program is started again";
    if (objection !== undefined) {
      this.#engine.countRejected("REJECTED");
      throw new DeliveryError("REJECTED", objection);
    }
    message.sequence = sequence;
  }

  #needPublisherName(option: string): void {
    const { transport, values } = this.#plan;
    if (!transport.capabilities.deduplication) {
      const message = `only a stream has it (useStreams: true); the transport here is ${transport.name}`;
      throw new ConfigurationError([{ option, message }]);
    }
    if (typeof values.publisherName === "string") return;
    const message =
      "needs publisherName: what a stream has under a random name, no later program can ask for";
    throw new ConfigurationError([{ option, message }]);
  }
}

/** A promise that may be left alone: no rejection of it ends the host. */
function unawaited<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
