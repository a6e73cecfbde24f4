import {
  brokerArguments,
  connectionTable,
  inGroup,
  type Rows,
  rowsWith,
  WHERE,
} from "@streamll/connection/internal";
import type { StreamllEvent } from "@streamll/core";
import {
  boolean,
  callback,
  choice,
  count,
  duration,
  name,
  orFalse,
  type ResolvedOptions as Resolved,
  type RowsOf,
  size,
  template,
} from "@streamll/core/options";
import type { WaitUntil } from "../serverless/wait-until.js";
import { messageTable } from "./message-table.js";
import { observingTable } from "./observing-table.js";
import type { DeliveringOptions, SinkOptions } from "./sink-options.js";
import { circuitBreaker, eventFilter } from "./special-kinds.js";
import { spool } from "./spool-kind.js";

const MiB = 2 ** 20;

const where = inGroup(WHERE);
const declared = inGroup("What is declared on the broker");
const delivery = inGroup("Delivery");

/** RabbitMQ's longest expiry: 2³² - 1 ms. */
const LONGEST_TTL = 4_294_967;

/** Options of a sink alone. */
const deliveringTable = {
  connectionPoolSize: where({
    kind: count(1, 1000),
    default: 5,
    variables: ["RABBITMQ_CONNECTION_POOL"],
    about:
      'Connections at most: one at first, more under load; with `messageFormat: "batch"` one, unless you set a number. Events of one `execution_id` stay on one connection, so their order holds. Where the broker\'s limit allows fewer, the sink continues with those and reports it; after five minutes it tries one more.',
  }),

  exchange: declared({
    kind: name(0),
    toTransport: true,
    default: "streamll_events",
    variables: ["RABBITMQ_EXCHANGE", "AMAZON_MQ_EXCHANGE", "CLOUDAMQP_EXCHANGE", "AZURE_SERVICEBUS_EXCHANGE"],
    about:
      '`""` is the broker\'s default exchange: the routing key is then the queue\'s name. On Azure Service Bus it is the topic or queue, by default what `amqpUrl` names, else `""`.',
  }),
  exchangeType: declared({
    kind: name(),
    toTransport: true,
    default: "topic",
    needs: "topology",
    about:
      "`topic`, `direct`, `fanout`, `headers` or a plugin's; for the broker's own exchanges (`amq.topic` …) it is known. It decides how the queue is bound, and a type that the sink does not know requires `queue: false`: see [routing](routing.md). `x-delayed-message` needs `exchangeArguments: { \"x-delayed-type\": … }`, the type by which it routes.",
  }),
  exchangeArguments: declared({
    kind: brokerArguments,
    toTransport: true,
    needs: "topology",
    about: "Passed to the broker with the exchange.",
  }),
  routingKey: declared({
    kind: template(0),
    default: "streamll.{event_type}.{operation}",
    about:
      "Placeholders are `event_id`, `execution_id`, `module_name`, `method_name`, `event_type`, `operation`, `tags.NAME` and `data.PATH`; each value becomes one word.",
  }),
  queue: declared({
    kind: orFalse(name()),
    toTransport: true,
    defaultText: "from exchange and key",
    needs: "topology",
    about:
      'Declared, and bound with the template\'s own binding, so that no event is published to an exchange without a queue. By default it is named as the exchange with the default key, else `EXCHANGE.HEAD` with the words before the first placeholder. It is durable and unbounded: without a reader it grows, unless `messageTtl` or `queueArguments: { "x-max-length": 1_000_000 }` bounds it. `false` declares none.',
  }),
  queueArguments: declared({
    kind: brokerArguments,
    toTransport: true,
    needs: "topology",
    about:
      "Passed to the broker with the queue (`x-max-length` …). An argument that contradicts another option is an error.",
  }),
  queueType: declared({
    kind: choice("classic", "quorum"),
    toTransport: true,
    defaultText: 'the virtual host\'s own, mostly `"classic"`',
    needs: "topology",
    about: "A quorum queue is replicated.",
  }),
  declareTopology: declared({
    kind: choice("declare", "passive", "none"),
    toTransport: true,
    default: "declare",
    needs: "topology",
    about: "`passive` only checks that exchange and queue exist, `none` does neither.",
  }),
  durable: declared({
    kind: boolean,
    toTransport: true,
    default: true,
    about:
      "Messages survive a restart of the broker. Exchange and queue are durable either way; with `false`, a restart loses the messages.",
  }),
  messageTtl: declared({
    kind: duration("s", { min: 0, max: LONGEST_TTL }),
    toTransport: true,
    needs: "ttl",
    defaultText: "never",
    about:
      "After this time unread events expire: by the queue (`x-message-ttl`) where the sink declares one, else by each message (`expiration`).",
  }),
  queuePriority: declared({
    kind: count(0, 255),
    toTransport: true,
    needs: "priority",
    about: "Priority of each message; the queue is declared with `x-max-priority` of at least that, and 10.",
  }),
  deadLetterExchange: declared({
    kind: name(),
    toTransport: true,
    needs: "deadLetter",
    about:
      "The exchange to which the broker sends rejected and expired events, and the sink those that the broker refused for good. Events that are too large (`EVENT_TOO_LARGE`) or were never sent do not go there; `onFailure` gets all of them. Declared as a topic exchange, together with `deadLetterQueue`.",
  }),
  deadLetterRoutingKey: declared({
    kind: template(1),
    toTransport: true,
    needs: "deadLetter",
    defaultText: "the event's own key",
    about:
      "The sink fills the template from the event. The broker cannot: for events that the queue dead-letters, placeholders are taken from the head of the routing key.",
  }),
  deadLetterQueue: declared({
    kind: orFalse(name()),
    toTransport: true,
    needs: "deadLetter",
    defaultText: "`NAME.failed`",
    about:
      "Declared, and bound to everything that arrives at `deadLetterExchange`; at one of the broker's own, only to what comes from this sink. `false` declares none, and uses an existing exchange as it is, whatever its type.",
  }),
  publisherName: declared({
    kind: orFalse(name()),
    needs: "deduplication",
    toTransport: true,
    defaultText: "random",
    about:
      "The name under which a stream deduplicates. A name of your own must have one writer at a time; with it, `publish(event, { sequence })` and `lastSequence()` let a restarted program publish exactly once. `false`: no name, no deduplication; a stream remembers 255 names. Not with `spool`, whose folders have names of their own.",
  }),

  publisherConfirms: delivery({
    kind: boolean,
    toTransport: true,
    default: true,
    needs: "confirms",
    about:
      "An event counts as sent once the broker has confirmed it; with `false`, once it is written to the socket.",
  }),
  mandatory: delivery({
    kind: boolean,
    toTransport: true,
    defaultText: "as `publisherConfirms`",
    needs: "mandatory",
    about:
      "An event that no queue takes is a failure (`UNROUTABLE`), not a success. Requires `publisherConfirms`. Off for an `x-delayed-message` exchange, which cannot tell.",
  }),
  batchSize: delivery({ kind: count(1, 100_000), default: 50, about: "Events per batch at most." }),
  batchTimeout: delivery({
    kind: duration("s", { min: 0, max: 3600, plausible: 60 }),
    default: 0.1,
    about: "The longest time that a batch waits for more events.",
  }),
  batchBytes: delivery({
    kind: size(1, 1024 * MiB),
    default: "256KiB",
    about: "Bytes per batch at most.",
  }),
  maxInFlight: delivery({
    kind: count(1, 10_000_000),
    default: 4096,
    about: "Unconfirmed events at a time, shared by the connections.",
  }),
  confirmTimeout: delivery({
    kind: duration("s", { min: 0.001, max: 86_400, plausible: 3600 }),
    default: 30,
    about:
      "A connection on which the broker neither answers nor takes a byte for this time is abandoned, and its unconfirmed events are sent again. While `flush()` or `stop()` waits: half of `flushTimeout` (at least 2 s) where that is shorter.",
  }),
  deliveryTimeout: delivery({
    kind: duration("s", { min: 0.001, max: 365 * 86_400, plausible: 7 * 86_400 }),
    defaultText: "never",
    about: "An event that was not delivered within this time fails with `DELIVERY_TIMEOUT`.",
  }),
  maxRetries: delivery({
    kind: count(0, 1000),
    default: 3,
    about: "Attempts after the first, for failures of the event itself. A lost connection uses up none.",
  }),
  retryBackoffMs: delivery({
    kind: duration("ms", { min: 0, max: 3_600_000 }),
    default: 1000,
    about:
      "Pause before the first retry; doubled each time, with full jitter. Reconnecting has the same pace.",
  }),
  maxRetryBackoffMs: delivery({
    kind: duration("ms", { min: 1, max: 86_400_000 }),
    default: 30_000,
    about: "The longest pause.",
  }),
  circuitBreaker: delivery({
    kind: orFalse(circuitBreaker),
    default: { failureThreshold: 5, cooldown: 30 },
    about:
      "After this many failed connections the sink does not connect during the cooldown (seconds), and up to half as long again, by chance, so that many sinks do not come back together; events wait in the buffer.",
  }),
  maxBufferedEvents: delivery({
    kind: count(1, 100_000_000),
    default: 100_000,
    about: "Events buffered and in flight together.",
  }),
  maxBufferedBytes: delivery({
    kind: size(1, 1024 * 1024 * MiB),
    default: "64MiB",
    about:
      "Bytes of the buffer, which holds what is buffered and in flight: the JSON of each event in UTF-8, its headers, ids and routing key, and some 60 bytes more. The buffer lies outside of V8's heap, beside `--max-old-space-size`.",
  }),
  spool: delivery({
    kind: spool,
    about:
      "Keeps every accepted event on disk until it is settled: a program that is killed, or a broker that is gone for a day, loses none. A path, or `{ directory, maxBytes, fsync, mode, required }`: see [the spool](spool.md). Default: events are kept in memory alone.",
    defaultText: "none",
  }),
  overflow: delivery({
    kind: choice("reject", "drop-oldest", "drop-newest"),
    default: "reject",
    about:
      "Which events to give up when the buffer is full. `reject`: `handleEvent` returns `false`, `publish` rejects with `BUFFER_FULL`.",
  }),
  maxEventBytes: delivery({
    kind: size(64, 512 * MiB),
    default: "1MiB",
    about: "A larger event fails with `EVENT_TOO_LARGE`, alone.",
  }),
  flushTimeout: delivery({
    kind: duration("s", { min: 0, max: 86_400, plausible: 3600 }),
    default: 20,
    about: "Limits `flush()`, and `stop()` including its closing. Kubernetes grants 30 s.",
  }),
  waitUntil: delivery({
    kind: callback<WaitUntil>("(promise) => void"),
    about:
      "Called when events are accepted, with a promise that settles when they are delivered: for platforms that freeze the program after a call. See [serverless](serverless.md).",
  }),
  eventFilter: delivery({
    kind: eventFilter,
    defaultText: "all",
    about: "Which events this sink delivers. A predicate that throws lets the event pass.",
  }),
  transform: delivery({
    kind: callback<(event: StreamllEvent) => StreamllEvent | undefined>("(event) => event or undefined"),
    about:
      "Redacts, enriches or drops an event before it is encoded. It gets a copy of the event, of its `data` and its `tags`; values inside those are the caller's own. An event for which it throws is rejected: it may hold what was to be redacted.",
  }),

  ...messageTable,

  ...observingTable,
} satisfies RowsOf<DeliveringOptions>;

/** Every option that all transports share, in the order of the documentation. */
export const table = { ...connectionTable, ...deliveringTable } satisfies Rows;

/** With those that one of this project's transports has alone. */
export const allRows = rowsWith(table);

export type OptionName = keyof SinkOptions | "amqpUrl" | "transport" | "transports";

/** Every shared option as the sink uses it: durations in milliseconds, sizes in bytes, defaults filled in. */
export type ResolvedOptions = Resolved<typeof table>;
