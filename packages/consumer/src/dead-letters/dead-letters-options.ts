import type { BuiltInTransportOptions, ConnectionOptions, OptionsOf } from "@streamll/connection";
import { connectionTable, inGroup, type Rows } from "@streamll/connection/internal";
import type { Logger, Transport, TransportFactory } from "@streamll/core";
import { count, name, type ResolvedOptions, type RowsOf } from "@streamll/core/options";
import { table } from "../options/table.js";

/** Which dead letters a class is about. */
export interface DeadLetterSource {
  /** Name of the queue that has the dead letters. Default: `NAME.failed` of `deadLetterExchange`. */
  readonly queue?: string | undefined;
  /** The exchange to which dead letters go, as the sink and the consumer call it. */
  readonly deadLetterExchange?: string | undefined;
  /**
   * Deliveries after which the broker drops a message of this queue, where it is a quorum queue; 0: it has no limit.
   * Default 20, as RabbitMQ from 4.0 on.
   */
  readonly deliveryLimit?: number | undefined;
}

/** What says where a class connects, whatever it is for. */
export type Connecting<Factory extends TransportFactory> = Omit<ConnectionOptions, "waitForBroker"> &
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

interface Own extends DeadLetterSource {
  /** Shaped like pino. Never handed a secret or an event's data. */
  readonly logger?: Logger | undefined;
}

/**
 * The options of {@link DeadLetters}.
 *
 * @typeParam Factory of `transport` and `transports`; inferred.
 */
export type DeadLettersOptions<Factory extends TransportFactory = TransportFactory> = Own &
  Connecting<Factory>;

const which = inGroup("Which dead letters");

/** No variable names it: `RABBITMQ_QUEUE` is the queue of a sink, whose events are not to be replayed or purged. */
const { fromText: _, ...queueName } = name();

/** What both classes of dead letters have. */
export const sourceTable = {
  queue: which({
    kind: queueName,
    defaultText: "`NAME.failed` of `deadLetterExchange`",
    about: "The queue that has the dead letters.",
  }),
  deadLetterExchange: which({
    kind: name(),
    toTransport: true,
    about: "The exchange to which dead letters go, as sink and consumer call it.",
  }),
  deliveryLimit: which({
    kind: count(0, 1_000_000),
    default: 20,
    about:
      "Of a quorum queue: RabbitMQ from 4.0 on drops a message that it has delivered more often, and up to 4.2 each look counts. A letter that has five looks left is put at the end of its queue, where its count begins anew. 0: the queue has no limit.",
  }),
} satisfies RowsOf<DeadLetterSource>;

export const deadLettersTable = {
  ...connectionTable,
  ...sourceTable,
  logger: table.logger,
} satisfies Rows & RowsOf<Own>;

export type DeadLettersValues = ResolvedOptions<typeof deadLettersTable>;
