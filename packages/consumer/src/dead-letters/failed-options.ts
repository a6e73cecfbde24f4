import { connectionTable, inGroup, type Rows } from "@streamll/connection/internal";
import type { Logger, StreamllEvent, TransportFactory } from "@streamll/core";
import {
  callback,
  count,
  type DurationText,
  type ResolvedOptions,
  type RowsOf,
} from "@streamll/core/options";
import type { EventDelivery } from "../options/consumer-options.js";
import { table } from "../options/table.js";
import { type Connecting, type DeadLetterSource, sourceTable } from "./dead-letters-options.js";
import type { Failure } from "./failure.js";
import { type ReplayTarget, replayTarget } from "./replayed.js";

/** What becomes of a failed event. */
export type FailedEventAction =
  /** It is sent again to where it was meant for. */
  | "replay"
  /** It stays in the queue of dead letters. */
  | "keep"
  /** It is done, and gone. */
  | "drop";

/** A failed event in the hands of a handler: why it failed, and the message itself. */
export interface FailedDelivery extends Failure {
  readonly delivery: EventDelivery;
}

/** Says what becomes of a failed event. Throwing, or rejecting, is another try, and after the last one the event is kept. */
export type FailedEventHandler = (
  event: StreamllEvent,
  failure: FailedDelivery,
) => FailedEventAction | Promise<FailedEventAction>;

interface Own extends DeadLetterSource {
  /** Of each failed event. */
  readonly handle: FailedEventHandler;
  /** Of a dead letter that is no event. Default: it is kept. */
  readonly onForeign?:
    | ((failure: FailedDelivery) => FailedEventAction | Promise<FailedEventAction>)
    | undefined;
  /** Instead of where each event was meant for. */
  readonly to?: ReplayTarget | undefined;
  /** An event that was replayed so often is kept instead. Default 3. */
  readonly maxReplays?: number | undefined;
  /** Of the queue, where it is declared. Default: the virtual host's own, mostly `"classic"`. */
  readonly queueType?: "classic" | "quorum" | undefined;
  /** Default `"declare"` with `deadLetterExchange`, else `"none"`. */
  readonly declareTopology?: "declare" | "passive" | "none" | undefined;
  /** Unsettled messages at a time, those that are kept included; 1 to 65,535. Default 1000. */
  readonly prefetch?: number | undefined;
  /** Events in hand at a time. Default 20. */
  readonly concurrency?: number | undefined;
  /** Default 5 tries, the first pause up to 1000 ms, doubled each time up to 30 s. */
  readonly retry?:
    | {
        readonly attempts?: number | undefined;
        readonly backoffMs?: number | DurationText | undefined;
        readonly maxBackoffMs?: number | DurationText | undefined;
      }
    | undefined;
  /** Seconds of one try; 0: no limit. Default 60. */
  readonly handlerTimeout?: number | DurationText | undefined;
  /** Seconds that `stop()` takes at most. Default 20. */
  readonly drainTimeout?: number | DurationText | undefined;
  /** Whether `start()` waits for a broker that cannot be reached. Default `false`. */
  readonly waitForBroker?: boolean | undefined;
  /** Shaped like pino. Never handed a secret or an event's data. */
  readonly logger?: Logger | undefined;
}

/**
 * The options of {@link FailedEventConsumer}.
 *
 * @typeParam Factory of `transport` and `transports`; inferred.
 */
export type FailedEventConsumerOptions<Factory extends TransportFactory = TransportFactory> = Own &
  Connecting<Factory>;

const handling = inGroup("Handling failed events");
const { queueType, declareTopology, concurrency, retry, handlerTimeout, drainTimeout, prefetch, logger } =
  table;
const again = <R extends Rows[string]>(row: R, about = row.about) => ({
  ...row,
  ...handling({ ...row, about }),
});

const inSource = <R extends Rows[string]>(row: R) => ({ ...row, group: sourceTable.queue.group });

export const failedTable = {
  ...connectionTable,
  ...sourceTable,
  queueType: inSource({ ...queueType, about: "Where the queue is declared. A quorum queue is replicated." }),
  declareTopology: inSource({
    ...declareTopology,
    defaultText: '`"declare"` with `deadLetterExchange`, else `"none"`',
  }),
  handle: handling({
    kind: callback<FailedEventHandler>('(event, failure) => "replay" | "keep" | "drop"'),
    about:
      "Of each failed event. `replay` sends it to where it was meant for, `keep` leaves it in the queue, `drop` takes it out.",
  }),
  onForeign: handling({
    kind: callback<NonNullable<Own["onForeign"]>>('(failure) => "replay" | "keep" | "drop"'),
    about: "Of a dead letter that is no event. Without it, such a letter is kept.",
  }),
  to: handling({
    kind: replayTarget,
    about: "Where `replay` sends to, instead of where each event was meant for.",
  }),
  maxReplays: handling({
    kind: count(1, 1_000_000),
    default: 3,
    about: "An event that was replayed so often is kept instead, so that no event goes round for ever.",
  }),
  prefetch: again(
    { ...prefetch, default: 1000 },
    "Unsettled messages at a time. Events that are kept are among them: when they fill it, nothing more comes.",
  ),
  concurrency: again(concurrency),
  retry: again(
    retry,
    "Tries of the handler, or of the replay, and the pauses between them. After the last one the event is kept.",
  ),
  handlerTimeout: again(handlerTimeout),
  drainTimeout: again(drainTimeout),
  logger,
} satisfies Rows & RowsOf<Own>;

export type FailedValues = ResolvedOptions<typeof failedTable>;
