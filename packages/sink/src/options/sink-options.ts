import type { BuiltInTransportOptions, ConnectionOptions, OptionsOf } from "@streamll/connection";
import type { StreamllEvent, Transport, TransportFactory } from "@streamll/core";
import type { DurationText, SizeText } from "@streamll/core/options";
import type { WaitUntil } from "../serverless/wait-until.js";
import type { MessageOptions } from "./message-options.js";
import type { ObservingOptions } from "./observing-options.js";
import type { UserSpool } from "./spool-kind.js";

export type { HeaderValue, MessageOptions, UserHeaders } from "./message-options.js";
export type { UserSpool } from "./spool-kind.js";

/** Options of a sink alone. */
export interface DeliveringOptions extends MessageOptions, ObservingOptions {
  // Where to send

  /** Connections at most, opened one by one under load. Default 5. */
  readonly connectionPoolSize?: number | undefined;

  // What is declared on the broker

  /**
   * Default `"streamll_events"`; `""` is the broker's default exchange. On Azure Service Bus it is the topic or queue, and
   * the default is `""`: then the routing key is.
   */
  readonly exchange?: string | undefined;
  /** Default `"topic"`, or what an exchange of the broker's own is. */
  readonly exchangeType?: string | undefined;
  readonly exchangeArguments?: Readonly<Record<string, unknown>> | undefined;
  /** Template of the routing key. Default `"streamll.{event_type}.{operation}"`. */
  readonly routingKey?: string | undefined;
  /** Queue that is declared and bound, or `false` for none. Default: named after exchange and routing key. */
  readonly queue?: string | false | undefined;
  readonly queueArguments?: Readonly<Record<string, unknown>> | undefined;
  /** Default: the virtual host's own, mostly `"classic"`. */
  readonly queueType?: "classic" | "quorum" | undefined;
  /** Default `"declare"`. */
  readonly declareTopology?: "declare" | "passive" | "none" | undefined;
  /** Messages survive a restart of the broker. Default `true`. */
  readonly durable?: boolean | undefined;
  /** Seconds until an unread event expires. Default: never. */
  readonly messageTtl?: number | DurationText | undefined;
  /** 0 to 255. Default: none. */
  readonly queuePriority?: number | undefined;
  /**
   * Where rejected and expired events go, and those that the broker refused for good, but for one that is too large.
   * Default: nowhere.
   */
  readonly deadLetterExchange?: string | undefined;
  /** Template. Default: the event's own routing key. */
  readonly deadLetterRoutingKey?: string | undefined;
  /** Queue that is declared and bound to `deadLetterExchange`, or `false` for none. Default: its name and `.failed`. */
  readonly deadLetterQueue?: string | false | undefined;
  /** Name under which a broker deduplicates; `false`: none, and no deduplication. Default: random. */
  readonly publisherName?: string | false | undefined;

  // Delivery

  /** An event counts as sent once the broker confirmed it; `false`: once written. Default `true`. */
  readonly publisherConfirms?: boolean | undefined;
  /** An event that no queue takes fails as `UNROUTABLE`. Needs `publisherConfirms`. Default: as those. */
  readonly mandatory?: boolean | undefined;
  /** Events. Default 50. */
  readonly batchSize?: number | undefined;
  /** Seconds. Default 0.1. */
  readonly batchTimeout?: number | DurationText | undefined;
  /** Bytes. Default 256 KiB. */
  readonly batchBytes?: number | SizeText | undefined;
  /** Unconfirmed events at a time. Default 4096. */
  readonly maxInFlight?: number | undefined;
  /** Seconds without any answer after which a connection is given up. Default 30. */
  readonly confirmTimeout?: number | DurationText | undefined;
  /** Seconds after which an undelivered event fails. Default: never. */
  readonly deliveryTimeout?: number | DurationText | undefined;
  /** Tries after the first, for failures of the event's own. Default 3. */
  readonly maxRetries?: number | undefined;
  /** Milliseconds before the first retry; doubled each time, with jitter. Default 1000. */
  readonly retryBackoffMs?: number | DurationText | undefined;
  /** Milliseconds. Default 30000. */
  readonly maxRetryBackoffMs?: number | DurationText | undefined;
  /** Default 5 failed connections, 30 seconds and up to half as long again at random; `false` for none. */
  readonly circuitBreaker?:
    | {
        readonly failureThreshold?: number | undefined;
        readonly cooldown?: number | DurationText | undefined;
      }
    | false
    | undefined;
  /** Events buffered and in flight together. Default 100,000. */
  readonly maxBufferedEvents?: number | undefined;
  /** Bytes of the buffer, which holds what is buffered and in flight, outside of V8's heap. Default 64 MiB. */
  readonly maxBufferedBytes?: number | SizeText | undefined;
  /**
   * Keeps every accepted event on disk until it is settled: a directory, or an object with more. Default: none, events are
   * kept in memory alone.
   */
  readonly spool?: string | UserSpool | undefined;
  /** What gives way when the buffer is full. Default `"reject"`. */
  readonly overflow?: "reject" | "drop-oldest" | "drop-newest" | undefined;
  /** Bytes of one encoded event. Default 1 MiB. */
  readonly maxEventBytes?: number | SizeText | undefined;
  /** Seconds that `flush()` and `stop()` take at most. Default 20. */
  readonly flushTimeout?: number | DurationText | undefined;
  /**
   * Where the platform freezes or ends the program after a call: called with a promise that settles when the events
   * accepted in the call are delivered, such as `waitUntil` of `@vercel/functions`. Default: none.
   */
  readonly waitUntil?: WaitUntil | undefined;
  /** Event types to deliver, or a predicate. Default: all. One that throws lets the event pass. */
  readonly eventFilter?:
    | readonly string[]
    | ReadonlySet<string>
    | ((event: StreamllEvent) => boolean)
    | undefined;
  /**
   * Redacts, enriches or (with `undefined`) leaves out. It gets a copy of the event, of its `data` and its `tags`;
   * what is inside those is the caller's own. An event for which it throws is rejected.
   */
  readonly transform?: ((event: StreamllEvent) => StreamllEvent | undefined) | undefined;
}

/**
 * Options of a sink, whatever its addresses are called; every one has a default that works against a local broker.
 *
 * A plain number of a duration is in seconds, unless the name ends in `Ms` or `Hours`; each also takes a string
 * with its unit. Sizes are bytes, or a string with its unit.
 */
export interface SinkOptions extends ConnectionOptions, DeliveringOptions, BuiltInTransportOptions {}

/** Transports of the user's own. */
interface TransportsOption<Factory extends TransportFactory> {
  /** Instead of the URL's: a transport that is made already, or a factory, which gets all options. */
  readonly transport?: Transport | Factory | undefined;
  /** More transports, looked up by the URL's scheme before those of this project. */
  readonly transports?: readonly Factory[] | undefined;
}

/**
 * The options of {@link BrokerSink}: {@link SinkOptions}, the addresses, and what factories in `transport` and
 * `transports` bring.
 *
 * @typeParam Factory of those; inferred.
 */
export type BrokerSinkOptions<Factory extends TransportFactory = TransportFactory> = SinkOptions &
  TransportsOption<Factory> & {
    /** URL of the broker, or a list of URLs of one cluster. Default `amqp://guest:guest@localhost:5672/`. */
    readonly url?: string | readonly string[] | undefined;
  } & OptionsOf<Factory>;

/** The options of {@link RabbitMQSink}: those of {@link BrokerSink}, with `amqpUrl` for `url`. */
export type RabbitMQSinkOptions<Factory extends TransportFactory = TransportFactory> = SinkOptions &
  TransportsOption<Factory> & {
    /** URL of the broker, or a list of URLs of one cluster. Default `amqp://guest:guest@localhost:5672/`. */
    readonly amqpUrl?: string | readonly string[] | undefined;
  } & OptionsOf<Factory>;
