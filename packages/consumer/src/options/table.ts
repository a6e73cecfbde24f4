import {
  brokerArguments,
  connectionTable,
  inGroup,
  otelMeter,
  otelTracer,
  type Rows,
} from "@streamll/connection/internal";
import type { Logger, OffsetStore } from "@streamll/core";
import {
  boolean,
  callback,
  choice,
  count,
  duration,
  name,
  objectWith,
  type ResolvedOptions as Resolved,
  type RowsOf,
} from "@streamll/core/options";
import type { BatchHandler, ConsumingOptions, EventHandler } from "./consumer-options.js";
import { batch, dedup, handlers, patterns, position, retry, schemas } from "./special-kinds.js";

const source = inGroup("What to consume");
const log = inGroup("What to consume of a stream");
const handling = inGroup("Handling");
const observing = inGroup("Observing");

/** Options of a consumer alone. */
const consumingTable = {
  queue: source({
    kind: name(),
    about: "Has to be there, unless `exchange` is set too. A stream is named by `stream` instead.",
  }),
  deadLetters: source({
    kind: boolean,
    default: false,
    about:
      "The dead letters that the broker keeps beside `queue`: Azure Service Bus. Elsewhere they have a queue of their own, whose name is `queue` then.",
  }),
  session: source({
    kind: name(),
    about: "Of a queue with sessions (Azure Service Bus): the one that is read, at most 128 characters.",
  }),
  sessions: source({
    kind: count(1, 1000),
    about:
      "Of a queue with sessions: how many are read at a time, whichever have messages. `prefetch` is divided among them.",
  }),
  exchange: source({
    kind: name(),
    toTransport: true,
    needs: "topology",
    about:
      "Queue and bindings are declared, and a topic exchange of this name where there is none. Without it nothing is declared.",
  }),
  bindings: source({
    kind: patterns,
    toTransport: true,
    needs: "topology",
    defaultText: '`["#"]` with `exchange`',
    about: "Topic patterns: `*` is one word of the routing key, `#` any number of them.",
  }),
  queueType: source({
    kind: choice("classic", "quorum"),
    toTransport: true,
    needs: "topology",
    defaultText: 'the virtual host\'s own, mostly `"classic"`',
    about: "A quorum queue is replicated, and counts deliveries: see `maxDeliveries`.",
  }),
  queueArguments: source({
    kind: brokerArguments,
    toTransport: true,
    needs: "topology",
    about: "Passed to the broker with the queue (`x-max-length` …).",
  }),
  declareTopology: source({
    kind: choice("declare", "passive", "none"),
    toTransport: true,
    needs: "topology",
    defaultText: '`"declare"` with `exchange`, else `"none"`',
    about: "`passive` only checks that all is there, `none` does neither.",
  }),
  deadLetterExchange: source({
    kind: name(),
    toTransport: true,
    needs: "deadLetter",
    about:
      "Where what is given up goes, with the reason in its headers. Declared with the queue, and with a queue `NAME.failed` bound to it. Name what the arguments of a queue say that is there already: the broker goes by those for what cannot be published again. The user needs the right to write to it. Without it, a message that is given up would be lost, so that it is tried again for ever instead.",
  }),

  consumerName: log({
    kind: name(),
    defaultText: "none: each start begins at `from`",
    about:
      "The broker keeps under this name up to where all is done, every 10,000 events or 5 s and at `stop()`, and there the next start goes on.",
  }),
  from: log({
    kind: position,
    default: "next",
    about:
      "Where to begin where no offset is kept. A time is met up to the chunk that holds it: somewhat older events may come too.",
  }),
  singleActiveConsumer: log({
    kind: boolean,
    default: false,
    about:
      "Of all consumers with this `consumerName` one reads the stream, or each partition of a super stream; when it is lost another goes on. RabbitMQ 3.11 and later.",
  }),
  offsets: log({
    kind: objectWith<OffsetStore>("`OffsetStore`", "load", "store"),
    about:
      "Keeps offsets in the place of the broker: in the database that the handlers write to, for example.",
  }),

  handlers: handling({
    kind: handlers,
    about: 'By event type; `"*"` has all others. An event without a handler is done, and logged once a type.',
  }),
  handle: handling({
    kind: callback<EventHandler>("(event, delivery) => …"),
    about: "Instead of `handlers`, of every event.",
  }),
  handleBatch: handling({
    kind: callback<BatchHandler>("(events) => …"),
    about:
      "Instead of `handlers`, of several events at once, each with `done()`, `retry()` and `dead()`. Without any of the three the program takes events by `for await`.",
  }),
  batch: handling({
    kind: batch,
    default: { size: 100, wait: "100ms" },
    about:
      "Of `handleBatch`: at most `size` events, and no longer than `wait` (seconds) after the first of them.",
  }),
  schema: handling({
    kind: schemas,
    about:
      'By event type, the Standard Schema (Zod, Valibot, ArkType …) of `event.data`; `"*"` is for all other types. What does not match is given up, with the code `SCHEMA_MISMATCH`.',
  }),
  continueExecution: handling({
    kind: boolean,
    default: false,
    about:
      "Handlers run as a part of the execution that made the event: what they record has its `execution_id`, and spans of OpenTelemetry are below the one of its `traceparent`.",
  }),
  onForeign: handling({
    kind: callback<NonNullable<ConsumingOptions["onForeign"]>>("(delivery) => …"),
    about: "Of what is no event. Without it such a message is given up, with the code `INVALID_EVENT`.",
  }),
  prefetch: handling({
    kind: count(1, 65_535),
    default: 200,
    about: "Unsettled messages at a time: in the hands of handlers, and waiting for their turn.",
  }),
  concurrency: handling({
    kind: count(1, 65_535),
    default: 20,
    about: "Handlers at a time. Events of one execution are handled one after another.",
  }),
  retry: handling({
    kind: retry,
    default: { attempts: 5, backoffMs: 1000, maxBackoffMs: 30_000 },
    about: "Tries in all, and the pause before the second; it doubles, with full jitter.",
  }),
  maxDeliveries: handling({
    kind: count(0, 1_000_000),
    default: 10,
    about:
      "Deliveries after which a message is given up before it is handled: it may be what ends the process. A quorum queue counts them; on a classic one a message that comes again is handled alone, and counted by a `dedup` store that has `deliveries`. 0: never.",
  }),
  handlerTimeout: handling({
    kind: duration("s", { min: 0, max: 86_400, plausible: 3600 }),
    default: 60,
    about:
      "Of one try. Keep all tries below the broker's `consumer_timeout`, which is 30 minutes. 0: no limit.",
  }),
  drainTimeout: handling({
    kind: duration("s", { min: 0, max: 86_400, plausible: 3600 }),
    default: 20,
    about: "`stop()` takes no longer, whatever handlers do.",
  }),
  dedup: handling({
    kind: dedup,
    default: { window: 10_000 },
    about:
      "Messages that are done are not handled again, by `messageId`: the last so many, or a store of yours with `has(id)`, `add(id)` and maybe `deliveries(id)`.",
  }),

  meter: observing({
    kind: otelMeter,
    about:
      "Metrics of OpenTelemetry. From `metrics` or a provider the consumer takes the meter `@streamll/consumer`: see [OpenTelemetry](opentelemetry.md).",
  }),
  tracer: observing({
    kind: otelTracer,
    about:
      "Spans of OpenTelemetry: one for each try of a handler, with a link to the span in which its event was emitted. See [OpenTelemetry](opentelemetry.md).",
  }),
  logger: observing({
    kind: objectWith<Logger>("`Logger`", "debug", "info", "warn", "error"),
    about:
      "Shaped like pino. Without one, what will not recover by itself is reported once through `process.emitWarning`.",
  }),
} satisfies RowsOf<ConsumingOptions>;

/** Every option that all transports share, in the order of the documentation. */
export const table = { ...connectionTable, ...consumingTable } satisfies Rows;

/** Every shared option as the consumer uses it: durations in milliseconds, defaults filled in. */
export type ResolvedOptions = Resolved<typeof table>;
