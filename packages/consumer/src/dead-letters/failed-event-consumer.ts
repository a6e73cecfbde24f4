import { AsyncResource } from "node:async_hooks";
import {
  type Complain,
  complainTo,
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
  type Delivery,
  type HandlerContext,
  StreamllError,
  type TransportFactory,
} from "@streamll/core";
import { ConsumingEngine, Relay, randomId, systemClock } from "@streamll/core/internal";
import { HandledMessage } from "../handled-message.js";
import {
  type FailedEventAction,
  type FailedEventConsumerOptions,
  type FailedValues,
  failedTable,
} from "./failed-options.js";
import { failureOf } from "./failure.js";
import { digestOf } from "./journal.js";
import { Kept } from "./kept.js";
import type { DeadLetterQueue } from "./queue-of.js";
import { isWorn, moved, replayed } from "./replayed.js";
import { resolveFailed } from "./resolve-failed.js";
import { eventOf } from "./selection.js";

/** Letters whose end is remembered, for when they come again after a lost connection. */
const MOST_REMEMBERED = 10_000;

/**
 * Reads the events that failed, and asks the handler of each what is to become of it: `"replay"` sends it again to where
 * it was meant for, confirmed before it leaves the queue of dead letters; `"keep"` leaves it there; `"drop"` takes it out.
 *
 * A kept event stays with this consumer, so that it does not come again, until `stop()` gives it back.
 *
 * @throws ConfigurationError at construction, listing everything that is wrong with the options.
 * @example
 * const failed = new FailedEventConsumer({
 *   url: "memory:", deadLetterExchange: "dspy_failed",
 *   handle: async (event, failure) => {
 *     await alert(`${event.moduleName}: ${failure.code}, ${failure.reason}`);
 *     return failure.replayed === 0 ? "replay" : "keep";
 *   },
 * });
 * await failed.start();
 */
export class FailedEventConsumer<Factory extends TransportFactory = TransportFactory>
  implements AsyncDisposable
{
  readonly #values: FailedValues;
  readonly #place: DeadLetterQueue;
  readonly #engine: ConsumingEngine;
  readonly #relay: Relay;
  readonly #kept = new Kept();
  readonly #complain: Complain;
  readonly #replayId = randomId();
  readonly #origin = new AsyncResource("streamll.consumer");
  /** What a handler has said, until it is done. */
  readonly #decided = new WeakMap<Delivery, FailedEventAction>();
  /** What has become of letters. */
  readonly #ended = new Map<string, FailedEventAction>();
  readonly #counts = { replay: 0, keep: 0, drop: 0 };

  constructor(options: FailedEventConsumerOptions<Factory>) {
    const logger = loggerOf(options?.logger);
    const { amqpUrl } = (options ?? {}) as { readonly amqpUrl?: unknown };
    const urlOption = amqpUrl === undefined ? "url" : "amqpUrl";
    const plan = resolveNamed(options, urlOption, "FailedEventConsumer", (given) =>
      resolveFailed(given, logger),
    );
    this.#values = plan.values;
    this.#place = plan.place;
    this.#complain = complainTo(plan.values.logger, logger);
    for (const warning of plan.warnings) this.#complain("option_warning", warning, warning);
    const { transport, endpoints } = plan;
    this.#relay = new Relay({
      ...{ endpoints, clock: systemClock, connectionTimeoutMs: plan.values.connectionTimeout },
      connect: (...given) => transport.connect(...given),
    });
    this.#engine = new ConsumingEngine({
      ...{ endpoints, logger, options: plan.options },
      consuming: this.#kept.within(plan.consuming),
      handle: (delivery, context) => this.#handle(delivery, context),
    });
  }

  /**
   * A consumer with the options that environment variables set; `overrides` win, and bring the handler.
   *
   * @throws ConfigurationError that names the variable with a bad value.
   */
  static fromEnv<Factory extends TransportFactory = TransportFactory>(
    overrides: FailedEventConsumerOptions<Factory>,
    env: NodeJS.ProcessEnv = process.env,
  ): FailedEventConsumer<Factory> {
    const named = renamed(overrides, "url", "amqpUrl");
    const rows = rowsWith(failedTable, factoriesIn(named as Readonly<Record<string, unknown>>));
    return new FailedEventConsumer(overEnvironment(rows, named, env));
  }

  /**
   * Connects, declares and subscribes, as that of `EventConsumer`. From then on the process is kept alive until {@link stop}.
   *
   * @throws TransportError for what will not recover by itself: wrong password, no such queue, a conflict.
   * @throws DeliveryError of code `STOPPED` after {@link stop}.
   */
  start(): Promise<void> {
    return this.#origin.runInAsyncScope(() => this.#engine.start());
  }

  /** Lets handlers finish, gives back what is kept, and closes; all within `drainTimeout`. Never rejects. */
  async stop(): Promise<ConsumingReport> {
    const report = await this.#engine.stop();
    await this.#relay.close(Math.max(0, this.#values.drainTimeout - report.durationMs));
    return report;
  }

  /** Counters since the consumer was made, and gauges of this moment. */
  stats(): ConsumingStats & {
    readonly events_replayed: number;
    readonly events_dropped: number;
    /** That are kept now. */
    readonly events_kept: number;
  } {
    const { replay, drop } = this.#counts;
    return {
      ...this.#engine.stats(),
      events_replayed: replay,
      events_dropped: drop,
      events_kept: this.#kept.size,
    };
  }

  /** From memory: opens nothing. */
  health(): ConsumingHealth {
    const health = this.#engine.health();
    const { size } = this.#kept;
    if (size < this.#values.prefetch) return health;
    const message = `${size} events are kept, as many as prefetch: nothing more comes. Replay or drop them (streamll dlq), or raise prefetch`;
    const status = health.status === "up" ? "degraded" : health.status;
    return { ...health, status, problems: [...health.problems, { code: "KEPT_FULL", message }] };
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

  async #handle(delivery: Delivery, context: HandlerContext): Promise<void> {
    const digest = digestOf(delivery);
    const before = delivery.redelivered ? this.#ended.get(digest) : undefined;
    if (before !== undefined) {
      if (before === "keep") this.#kept.keep(delivery);
      return;
    }
    let action: FailedEventAction;
    try {
      action = await this.#decide(delivery, context);
      if (action === "replay") action = await this.#replay(delivery);
    } catch (error) {
      if (context.attempt < this.#values.retry.attempts) throw error;
      const message = "a failed event could not be handled or replayed in all of its tries: it is kept";
      this.#complain("callback_failed", "failed events", message);
      action = "keep";
    }
    if (context.isOver) return;
    this.#end(digest, action);
    if (action === "keep" && !(await this.#isRenewed(delivery))) this.#kept.keep(delivery);
  }

  /** What the broker would drop after some more starts of this consumer goes to the end of the queue. */
  async #isRenewed(delivery: Delivery): Promise<boolean> {
    const { queue, deliveryLimit } = this.#place;
    if (!isWorn(delivery, deliveryLimit)) return false;
    const [outcome] = await this.#relay.send([moved(delivery, queue)]);
    return outcome?.kind === "confirmed";
  }

  /** The handler is asked once, also where its replay takes several tries. */
  async #decide(delivery: Delivery, context: HandlerContext): Promise<FailedEventAction> {
    const before = this.#decided.get(delivery);
    if (before !== undefined) return before;
    const { handle, onForeign, maxReplays } = this.#values;
    const event = eventOf(delivery);
    const failure = { ...failureOf(delivery), delivery: new HandledMessage(delivery, context) };
    const said = event === undefined ? (onForeign?.(failure) ?? "keep") : handle!(event, failure);
    const action = await said;
    if (action !== "replay" && action !== "keep" && action !== "drop")
      throw new TypeError('handle must return "replay", "keep" or "drop"');
    const isTooOften = action === "replay" && failure.replayed >= maxReplays;
    if (isTooOften)
      this.#complain(
        "option_warning",
        "maxReplays",
        `an event was replayed ${maxReplays} times and failed again: it is kept (maxReplays)`,
      );
    const decided = isTooOften ? "keep" : action;
    this.#decided.set(delivery, decided);
    return decided;
  }

  async #replay(delivery: Delivery): Promise<FailedEventAction> {
    const { home } = this.#place;
    const outbound = replayed(delivery, { replayId: this.#replayId, to: this.#values.to, home });
    if (outbound === undefined) {
      const message =
        "a dead letter does not say where it was meant for: it is kept. Name a place with the option to";
      this.#complain("option_warning", "to", message);
      return "keep";
    }
    const [outcome] = await this.#relay.send([outbound]);
    if (outcome?.kind === "confirmed") return "replay";
    const error = outcome?.kind === "written" ? undefined : outcome?.error;
    throw new StreamllError(error?.code ?? "NO_ANSWER", error?.message ?? "the broker gave no answer", {
      cause: error,
    });
  }

  #end(digest: string, action: FailedEventAction): void {
    this.#counts[action]++;
    this.#ended.set(digest, action);
    if (this.#ended.size <= MOST_REMEMBERED) return;
    const [oldest] = this.#ended.keys();
    this.#ended.delete(oldest!);
  }
}
