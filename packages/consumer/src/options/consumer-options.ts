import type {
  BuiltInTransportOptions,
  ConnectionOptions,
  Meter,
  MeterProvider,
  OptionsOf,
  Tracer,
  TracerProvider,
} from "@streamll/connection";
import type {
  DedupStore,
  Delivery,
  Logger,
  OffsetStore,
  SettlementOutcome,
  StreamllEvent,
  Transport,
  TransportFactory,
} from "@streamll/core";
import type { DurationText } from "@streamll/core/options";
import type { AnyData, DataOf, EventOf, NoSchemas, Schemas } from "./event-data.js";

/** A message in the hands of a handler, with its properties and headers as the broker has them. */
export interface EventDelivery extends Delivery {
  /** Aborts when `handlerTimeout` is over, and at the end of `stop()`. */
  readonly signal: AbortSignal;
  /** From 1. */
  readonly attempt: number;
}

/**
 * An event whose verdict is given by a call: the first one counts. One that has none when `handlerTimeout` is over has
 * failed.
 */
export interface EventInHand<Data = StreamllEvent["data"]> extends EventDelivery {
  readonly event: EventOf<Data>;
  /**
   * It is handled, and the broker may forget it. Resolves when the broker was told; `"lost"` where that could not be, since
   * the connection or the time for it is gone, so that the event comes again.
   */
  done(): Promise<SettlementOutcome>;
  /**
   * It has failed, and is tried again as one that a handler threw for. After the last try it is a dead letter.
   *
   * @param delayMs at least so many milliseconds later. Default: as `retry` has it.
   * @throws RangeError as `RetryLater` does.
   */
  retry(delayMs?: number): void;
  /**
   * It becomes a dead letter at once.
   *
   * @param code such as `NO_AMOUNT`.
   * @param why for people: no data of the event, since it may be logged.
   */
  dead(code: string, why: string): void;
  /** It comes again at once, to this consumer or another, and no try is used up: for an event that there is no time for. */
  giveBack(): void;
}

/**
 * What is done with several events at once, in the order of the queue. When it returns or resolves, those that have no
 * verdict of their own are done; when it throws or rejects, these have failed.
 */
export type BatchHandler<Data = StreamllEvent["data"]> = (events: readonly EventInHand<Data>[]) => unknown;

/**
 * What is done with an event. Returning, or resolving, is done; throwing, or rejecting, is another try. `RetryLater` and
 * `DeadLetter` of `@streamll/core` say more.
 */
export type EventHandler<Data = StreamllEvent["data"]> = (
  event: EventOf<Data>,
  delivery: EventDelivery,
) => unknown;

/** Options of a consumer alone. */
export interface ConsumingOptions<Given extends Schemas = NoSchemas, Types extends string = string> {
  // What to consume

  /** Name of the queue. It has no default. */
  readonly queue?: string | undefined;
  /** Instead of the queue its dead letters, where the broker keeps them beside it (Azure Service Bus). Default `false`. */
  readonly deadLetters?: boolean | undefined;
  /** Of a queue with sessions (Azure Service Bus): the one that is read. */
  readonly session?: string | undefined;
  /** Of a queue with sessions: how many are read at a time, 1 to 1,000. */
  readonly sessions?: number | undefined;
  /** Exchange that the queue is bound to; then queue and bindings are declared. Default: none, the queue is there. */
  readonly exchange?: string | undefined;
  /** Patterns by which the queue is bound to `exchange`. Default `["#"]`, everything. */
  readonly bindings?: readonly string[] | undefined;
  /** Of the queue, where it is declared. Default: the virtual host's own, mostly `"classic"`. */
  readonly queueType?: "classic" | "quorum" | undefined;
  /** Of the queue, where it is declared. */
  readonly queueArguments?: Readonly<Record<string, unknown>> | undefined;
  /** Default `"declare"` with `exchange`, else `"none"`. */
  readonly declareTopology?: "declare" | "passive" | "none" | undefined;
  /**
   * Where what is given up goes, with the reason in its headers; declared with a queue `NAME.failed` where the queue is. For
   * a queue that is there, name what its own arguments say: the broker goes by those for what cannot be published again.
   * Default: nowhere, and such a message is tried again for ever.
   */
  readonly deadLetterExchange?: string | undefined;

  // What to consume of a stream

  /** Name under which the broker keeps how far this consumer is. Default: none, so that each start begins at `from`. */
  readonly consumerName?: string | undefined;
  /**
   * Where to begin where no offset is kept: with the first or the last events that are there, with the next ones, with
   * those from a time on, or at an offset. Default `"next"`.
   */
  readonly from?: "first" | "last" | "next" | Date | number | undefined;
  /** Of the consumers of one `consumerName`, one at a time reads the stream, or each of its partitions. Default `false`. */
  readonly singleActiveConsumer?: boolean | undefined;
  /** Keeps offsets in the place of the broker. Default: the broker, with `consumerName`. */
  readonly offsets?: OffsetStore | undefined;

  // Handling

  /** By event type; `"*"` has all others. */
  readonly handlers?: { readonly [Type in Types]: EventHandler<DataOf<Given, Type>> } | undefined;
  /** Instead of `handlers`: of every event. */
  readonly handle?: EventHandler<AnyData<Given>> | undefined;
  /** Instead of `handlers`: of several events at once. */
  readonly handleBatch?: BatchHandler<AnyData<Given>> | undefined;
  /**
   * Of `handleBatch`: at most `size` events, and no longer than `wait` seconds after the first of them. Default
   * `{ size: 100, wait: "100ms" }`.
   */
  readonly batch?:
    | { readonly size?: number | undefined; readonly wait?: number | DurationText | undefined }
    | undefined;
  /**
   * By event type, what `event.data` has to be, in Zod, Valibot, ArkType or anything else that is a Standard Schema; `"*"`
   * is for all other types. Handlers get the data as the schema makes it, and with its type. What does not match is given
   * up, with the code `SCHEMA_MISMATCH`.
   *
   * @example
   * schema: { llm_end: z.object({ usage: z.object({ output_tokens: z.number() }) }) }
   */
  readonly schema?: Given | undefined;
  /**
   * Whether handlers run as a part of the execution that made the event: what they record has its `execution_id`, and
   * spans of OpenTelemetry are below the one of its `traceparent`. Default `false`.
   */
  readonly continueExecution?: boolean | undefined;
  /** Of what is no event. Default: it is given up, with the code `INVALID_EVENT`. */
  readonly onForeign?: ((delivery: EventDelivery) => unknown) | undefined;
  /** Unsettled messages at a time, 1 to 65,535. Default 200. */
  readonly prefetch?: number | undefined;
  /** Events in hand at a time, also in the pauses between their tries. Default 20. */
  readonly concurrency?: number | undefined;
  /** Default 5 tries, the first pause up to 1000 ms, doubled each time up to 30 s. */
  readonly retry?:
    | {
        readonly attempts?: number | undefined;
        readonly backoffMs?: number | DurationText | undefined;
        readonly maxBackoffMs?: number | DurationText | undefined;
      }
    | undefined;
  /** Deliveries after which a message is given up without another try, where the queue counts; 0: never. Default 10. */
  readonly maxDeliveries?: number | undefined;
  /** Seconds of one try; 0: no limit. Default 60. */
  readonly handlerTimeout?: number | DurationText | undefined;
  /** Seconds that `stop()` takes at most. Default 20. */
  readonly drainTimeout?: number | DurationText | undefined;
  /** Ids that are remembered, a store of your own, or `false`. Default: the last 10,000, in memory. */
  readonly dedup?: { readonly window: number } | DedupStore | false | undefined;

  // Observing

  /**
   * Metrics of OpenTelemetry: `metrics` of `@opentelemetry/api` or a `MeterProvider`, of which the consumer takes the meter
   * `@streamll/consumer`; or a `Meter`. Default: none.
   */
  readonly meter?: MeterProvider | Meter | undefined;
  /**
   * Spans of OpenTelemetry, one for each try of a handler: `trace` or a `TracerProvider`, or a `Tracer`. Default: none.
   */
  readonly tracer?: TracerProvider | Tracer | undefined;
  /** Shaped like pino. Never handed a secret or an event's data. */
  readonly logger?: Logger | undefined;
}

/**
 * The options of {@link EventConsumer}. A plain number of a duration is in seconds, unless the name ends in `Ms`; each
 * also takes a string with its unit.
 *
 * @typeParam Factory of `transport` and `transports`; inferred.
 * @typeParam Given of `schema`; inferred.
 * @typeParam Types of `handlers`; inferred.
 */
export type EventConsumerOptions<
  Factory extends TransportFactory = TransportFactory,
  Given extends Schemas = NoSchemas,
  Types extends string = string,
> = ConsumingOptions<Given, Types> &
  ConnectionOptions &
  BuiltInTransportOptions & {
    /** URL of the broker, or a list of URLs of one cluster. Default `amqp://guest:guest@localhost:5672/`. */
    readonly url?: string | readonly string[] | undefined;
    /** The same as `url`, by the name of the RabbitMQ guide. */
    readonly amqpUrl?: string | readonly string[] | undefined;
    /** Instead of the URL's: a transport that is made already, or a factory, which gets all options. */
    readonly transport?: Transport | Factory | undefined;
    /** More transports, looked up by the URL's scheme before those of this project. */
    readonly transports?: readonly Factory[] | undefined;
  } & OptionsOf<Factory>;
