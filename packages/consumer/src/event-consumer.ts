import { AsyncResource } from "node:async_hooks";
import {
  type Complain,
  complainTo,
  explain,
  factoriesIn,
  loggerOf,
  overEnvironment,
  renamed,
  resolveNamed,
  rowsWith,
} from "@streamll/connection/internal";
import {
  type ConsumingEvents,
  type ConsumingHealth,
  type ConsumingReport,
  type ConsumingStats,
  StreamllError,
  type TransportFactory,
} from "@streamll/core";
import { ConsumingEngine } from "@streamll/core/internal";
import { Batcher } from "./batcher.js";
import { dispatcher, type Take, toHandlers } from "./dispatch.js";
import type { ConsumerExplanation } from "./explain.js";
import { Inbox } from "./inbox.js";
import { OpenDeliveries } from "./open-delivery.js";
import type { EventConsumerOptions, EventInHand } from "./options/consumer-options.js";
import type { AnyData, NoSchemas, Schemas } from "./options/event-data.js";
import { table } from "./options/table.js";
import { OpenTelemetry } from "./otel/open-telemetry.js";
import { type Plan, resolve } from "./resolve.js";
import { unpacking } from "./unpacking/unpacking.js";

/** Event types without a handler that are told of; types come from the wire, so there is no end of them. */
const MOST_TYPES_TOLD = 100;

/**
 * Reads the events of a queue and hands each to its handler: at least once, in order within an execution, and never
 * more than `prefetch` at a time. What a handler throws for is tried again, and given up after `retry.attempts`.
 *
 * @throws ConfigurationError at construction, listing everything that is wrong with the options.
 * @example
 * const consumer = new EventConsumer({
 *   url: "memory:", exchange: "streamll_events", queue: "errors", bindings: ["streamll.error.*"],
 *   handle: (event) => console.error(event.data),
 * });
 * await consumer.start();
 */
export class EventConsumer<
  Factory extends TransportFactory = TransportFactory,
  Given extends Schemas = NoSchemas,
  Types extends string = string,
> implements AsyncDisposable
{
  readonly #plan: Plan;
  readonly #engine: ConsumingEngine;
  readonly #complain: Complain;
  readonly #endObserving: () => void;
  /** Where events are gathered that no handler gets one by one. */
  readonly #gathering: Inbox | Batcher | undefined;
  readonly #unhandledTypes = new Set<string>();
  #unhandled = 0;
  /** The async context in which the program made the consumer: handlers run in it, and not in that of `start()`. */
  readonly #origin = new AsyncResource("streamll.consumer");

  constructor(
    options: EventConsumerOptions<Factory, Given, Types> = {} as EventConsumerOptions<Factory, Given, Types>,
  ) {
    const logger = loggerOf(options?.logger);
    const { amqpUrl } = (options ?? {}) as { readonly amqpUrl?: unknown };
    const urlOption = amqpUrl === undefined ? "url" : "amqpUrl";
    const plan = resolveNamed(options, urlOption, "EventConsumer", (given) => resolve(given, logger));
    const { values, warnings } = plan;
    this.#plan = plan;
    this.#complain = complainTo(values.logger, logger);
    for (const warning of warnings) this.#complain("option_warning", warning, warning);
    this.#gathering = gatheringOf(plan);
    const open = this.#gathering && new OpenDeliveries();
    const telemetry = new OpenTelemetry(plan, this.#complain);
    const take = open === undefined ? this.#toHandlers(telemetry) : this.#toGathering(open);
    this.#engine = new ConsumingEngine({
      consuming: telemetry.located(unpacking(plan.consuming)),
      endpoints: plan.endpoints,
      options: plan.options,
      parking: plan.parking,
      logger,
      log: plan.log,
      dedup: values.dedup === false ? undefined : values.dedup,
      handle: telemetry.recorded(dispatcher({ take, schema: values.schema, onForeign: values.onForeign })),
      ...(open && { settled: (message, outcome) => open.settled(message, outcome) }),
    });
    this.#endObserving = telemetry.observe(this.#engine);
  }

  /**
   * A consumer with the options that environment variables set; `overrides` win, and bring the handlers.
   *
   * @throws ConfigurationError that names the variable with a bad value.
   */
  static fromEnv<
    Factory extends TransportFactory = TransportFactory,
    Given extends Schemas = NoSchemas,
    Types extends string = string,
  >(
    overrides: EventConsumerOptions<Factory, Given, Types>,
    env: NodeJS.ProcessEnv = process.env,
  ): EventConsumer<Factory, Given, Types> {
    const named = renamed(overrides, "url", "amqpUrl");
    const rows = rowsWith(table, factoriesIn(named as Readonly<Record<string, unknown>>));
    return new EventConsumer(overEnvironment(rows, named, env));
  }

  /**
   * Connects, declares and subscribes. A broker that cannot be reached is tried again in the background; with
   * `waitForBroker` the promise waits for it. From then on the process is kept alive until {@link stop}.
   *
   * @throws TransportError for what will not recover by itself: wrong password, no such queue, a conflict.
   * @throws TransportNotInstalledError when the package of the transport is missing.
   * @throws DeliveryError of code `STOPPED` after {@link stop}.
   */
  async start(): Promise<void> {
    if (this.#gathering instanceof Inbox)
      throw new StreamllError(
        "CONFIGURATION",
        "the consumer has no handler: write handlers, handle or handleBatch; or take its events by for await, which starts it",
      );
    await this.#start();
  }

  /**
   * Takes nothing new, lets handlers finish, gives back the rest, and closes. Ends within `drainTimeout`, and holds the
   * process no longer. Called again: the same report. Never rejects.
   */
  stop(): Promise<ConsumingReport> {
    const stopped = this.#engine.stop();
    this.#gathering?.close();
    void stopped.then(this.#endObserving);
    return stopped;
  }

  /**
   * The events, one at a time, for a consumer that has no handler. The loop connects with its first event and ends with
   * `stop()`; leaving it stops the consumer, and gives back at once what has no verdict. Up to `concurrency` events may be
   * open at a time, one of each execution.
   *
   * @throws as {@link start}; StreamllError of code `CONFIGURATION` where there are handlers.
   * @example
   * for await (const delivery of consumer) {
   *   await save(delivery.event);
   *   await delivery.done();
   * }
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<EventInHand<AnyData<Given>>, undefined> {
    const inbox = this.#gathering;
    if (!(inbox instanceof Inbox))
      throw new StreamllError(
        "CONFIGURATION",
        "the consumer has handlers, which take all events: leave them out",
      );
    let started: Promise<void> | undefined;
    const iterator: AsyncIterableIterator<EventInHand<AnyData<Given>>, undefined> = {
      next: async () => {
        started ??= this.#start();
        await started;
        // The schema has made its data.
        return inbox.next() as Promise<IteratorResult<EventInHand<AnyData<Given>>, undefined>>;
      },
      return: async () => {
        const stopped = this.stop();
        inbox.abandon();
        await stopped;
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  /** The options as resolved, secrets redacted, each with where it came from. */
  explain(): ConsumerExplanation {
    return explain(this.#plan);
  }

  /**
   * How many messages of the queue no consumer has been handed, as the broker says now. `undefined` where nobody can say:
   * not connected, or a broker that does not tell.
   */
  lag(): Promise<number | undefined> {
    return this.#engine.lag();
  }

  /** Counters since the consumer was made, and gauges of this moment. */
  stats(): ConsumingStats & {
    /** Done without a handler, since there is none for their type. */
    readonly events_unhandled: number;
  } {
    return { ...this.#engine.stats(), events_unhandled: this.#unhandled };
  }

  /** From memory: opens nothing. */
  health(): ConsumingHealth {
    return this.#engine.health();
  }

  on<K extends keyof ConsumingEvents>(name: K, listener: (...args: ConsumingEvents[K]) => void): this {
    this.#engine.on(name, listener);
    return this;
  }

  off<K extends keyof ConsumingEvents>(name: K, listener: (...args: ConsumingEvents[K]) => void): this {
    this.#engine.off(name, listener);
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #start(): Promise<void> {
    return this.#origin.runInAsyncScope(() => this.#engine.start());
  }

  #toHandlers({ hasSpans }: OpenTelemetry): Take {
    const { handlers, handle, continueExecution } = this.#plan.values;
    const unhandled = (type: string) => this.#noHandler(type);
    return toHandlers({ handlers, handle, continueExecution, continueTrace: !hasSpans, unhandled });
  }

  #toGathering(deliveries: OpenDeliveries): Take {
    return (event, message, context) => {
      const delivery = deliveries.open(message, context, event);
      this.#gathering!.add(delivery);
      return delivery.verdict;
    };
  }

  #noHandler(type: string): void {
    this.#unhandled++;
    if (this.#unhandledTypes.size >= MOST_TYPES_TOLD || this.#unhandledTypes.has(type)) return;
    this.#unhandledTypes.add(type);
    const message = `no handler for events of the type ${JSON.stringify(type)}: they are done without one. Write one, or "*" for all others`;
    this.#complain("option_warning", `handlers ${type}`, message);
  }
}

function gatheringOf({ values }: Plan): Inbox | Batcher | undefined {
  const { handlers, handle, handleBatch, batch } = values;
  if (handleBatch !== undefined) return new Batcher(batch, handleBatch);
  return handlers === undefined && handle === undefined ? new Inbox() : undefined;
}
