import type {
  AddressResolver,
  CredentialsProvider,
  DeliveryStats,
  Logger,
  StreamllEvent,
  TokenCredential,
} from "@streamll/core";
import type { Failure } from "../failure.js";
import { serviceBus, streams } from "../transport/known.js";
import {
  boolean,
  callback,
  choice,
  count,
  duration,
  name,
  objectWith,
  orFalse,
  size,
  text,
} from "./kinds.js";
import type { Group, Option, ValueOf } from "./option.js";
import type { RabbitMQSinkOptions } from "./sink-options.js";
import {
  brokerArguments,
  circuitBreaker,
  eventFilter,
  headers,
  template,
  transport,
  transports,
  urls,
  userName,
  webSocket,
} from "./special-kinds.js";
import { tls } from "./tls.js";

const MiB = 2 ** 20;
const GiB = 2 ** 30;

const inGroup =
  (group: Group) =>
  <const O extends Omit<Option<unknown>, "group">>(option: O) => ({ ...option, group });

const where = inGroup("Where to send");
const declared = inGroup("What is declared on the broker");
const delivery = inGroup("Delivery");
const observing = inGroup("Observing");

/** RabbitMQ's longest expiry: 2³² - 1 ms. */
const LONGEST_TTL = 4_294_967;
const days = (count: number) => count * 86_400;

/** Every option, in the order of the documentation. */
export const table = {
  amqpUrl: where({
    kind: urls,
    default: "amqp://guest:guest@localhost:5672/",
    variables: ["RABBITMQ_URL", "AMAZON_MQ_URL", "CLOUDAMQP_URL", "AZURE_SERVICEBUS_CONNECTION_STRING"],
    about:
      "Several URLs are one cluster: fail over, in shuffled order. `amqp://` and `amqps://` are AMQP 0-9-1, `memory:` is in this process; a host under `servicebus.windows.net` and a connection string `Endpoint=sb://…` are AMQP 1.0, `rabbitmq-stream://` and `rabbitmq-stream+tls://` are the stream protocol, `pubsub://PROJECT` is Google Cloud Pub/Sub; any other scheme is looked up in `transports`. User, password and vhost are percent-decoded as UTF-8. An AMQP URL may set `?heartbeat=` (seconds) and `?connection_timeout=` (milliseconds).",
  }),
  amqpVersion: where({
    kind: choice("0-9-1", "1.0"),
    defaultText: "from the URL",
    about: '`"1.0"` is AMQP 1.0, to RabbitMQ 4.0 and later, by `@streamll/transport-amqp10`.',
  }),
  transport: where({
    kind: transport,
    about:
      "Instead of the URL's: a transport that is made already, or a factory, which gets all options, as `broker.transport()` of a `MemoryBroker` is one.",
  }),
  transports: where({
    kind: transports,
    about:
      "More transports, looked up by the URL's scheme before those of this project; also how a bundler is told of one.",
  }),
  username: where({
    kind: userName,
    variables: ["RABBITMQ_USERNAME", "AMAZON_MQ_USERNAME"],
    about:
      "Wins over the URL's. Verbatim: never percent-decoded. `AMAZON_MQ_USERNAME` is read with `AMAZON_MQ_URL` only.",
  }),
  password: where({
    kind: text(),
    secret: true,
    variables: ["RABBITMQ_PASSWORD", "AMAZON_MQ_PASSWORD"],
    about:
      "Wins over the URL's. Verbatim: never percent-decoded. `AMAZON_MQ_PASSWORD` is read with `AMAZON_MQ_URL` only.",
  }),
  credentials: where({
    kind: callback<CredentialsProvider>("() => { username?, password, expiresAt? }"),
    secret: true,
    about: "Or a promise of it. Asked at every connect, and before `expiresAt`: rotation, OAuth 2 tokens.",
  }),
  authProvider: where({
    kind: choice("azure_managed_identity"),
    package: serviceBus.packageName,
    about: "Azure AD instead of a key, on Azure Service Bus.",
  }),
  credential: where({
    kind: objectWith<TokenCredential>("`TokenCredential`", "getToken"),
    secret: true,
    package: serviceBus.packageName,
    about:
      "The Azure AD credential of `authProvider`; without it `DefaultAzureCredential` is used where `@azure/identity` is installed.",
  }),
  ssl: where({
    kind: boolean,
    defaultText: "from the URL",
    about:
      "`true` upgrades `amqp://` to TLS, and to port 5671 where the URL has no port. So does a host of Amazon MQ or CloudAMQP, with a warning.",
  }),
  sslVerify: where({
    kind: boolean,
    default: true,
    about: "`false` accepts any certificate, and warns once.",
  }),
  tls: where({
    kind: tls,
    secret: true,
    about:
      "Of Node's TLS options: `ca`, `cert`, `key`, `pfx`, `passphrase`, `servername`, `minVersion` (TLS 1.2 is the least), the first four as the content of a file. With `cert` or `pfx`, and neither user nor password, the broker takes the user from the certificate (SASL EXTERNAL).",
  }),
  connectionTimeout: where({
    kind: duration("s", { min: 0.001, max: 3600, plausible: 600 }),
    default: 30,
    about:
      "Covers DNS, TCP, TLS and the protocol's handshake together. Of a host with several addresses each is tried for the same share of it.",
  }),
  heartbeat: where({
    kind: duration("s", { min: 0, max: 65_535, plausible: 600 }),
    default: 10,
    about:
      "A peer that is silent for two of them is taken for dead, and each peer after the process itself stood still for so long; 0 switches it off.",
  }),
  connectionPoolSize: where({
    kind: count(1, 1000),
    default: 5,
    variables: ["RABBITMQ_CONNECTION_POOL"],
    about:
      "Connections at most: one at first, more under load. Events of one `execution_id` keep to one connection, so their order holds. Where the broker's limit allows fewer, the sink goes on with those and says so; after five minutes it tries one more.",
  }),
  connectionName: where({
    kind: name(),
    defaultText: "`streamll@HOST:PID`",
    about: "Shown in the broker's management page, with the connection's number behind it.",
  }),
  waitForBroker: where({
    kind: boolean,
    default: false,
    about: "Whether `start()` waits until a broker that cannot be reached is there.",
  }),
  webSocket: where({
    kind: webSocket,
    default: false,
    package: serviceBus.packageName,
    about:
      "To Azure Service Bus over a web socket, on port 443, by the package `ws`. `{ agent }` is one of `node:https`, for a proxy.",
  }),

  exchange: declared({
    kind: name(0),
    default: "streamll_events",
    variables: ["RABBITMQ_EXCHANGE", "AMAZON_MQ_EXCHANGE", "CLOUDAMQP_EXCHANGE", "AZURE_SERVICEBUS_EXCHANGE"],
    about:
      '`""` is the broker\'s default exchange: the routing key is then the queue\'s name. On Azure Service Bus it is the topic or queue, by default what `amqpUrl` names, else `""`.',
  }),
  exchangeType: declared({
    kind: name(),
    default: "topic",
    needs: "topology",
    about:
      "`topic`, `direct`, `fanout`, `headers` or a plugin's; of the broker's own exchanges (`amq.topic` …) it is known. It decides how the queue is bound, and a type that the sink does not know takes `queue: false`: see [routing](routing.md). `x-delayed-message` needs `exchangeArguments: { \"x-delayed-type\": … }`, the type by which it routes.",
  }),
  exchangeArguments: declared({
    kind: brokerArguments,
    needs: "topology",
    about: "Handed to the broker with the exchange.",
  }),
  routingKey: declared({
    kind: template(0),
    default: "streamll.{event_type}.{operation}",
    about:
      "Placeholders are `event_id`, `execution_id`, `module_name`, `method_name`, `event_type`, `operation`, `tags.NAME` and `data.PATH`; each value becomes one word.",
  }),
  queue: declared({
    kind: orFalse(name()),
    defaultText: "from exchange and key",
    needs: "topology",
    about:
      'Declared, and bound with the template\'s own binding, so that nothing is published into nowhere. By default it is named as the exchange with the default key, else `EXCHANGE.HEAD` with the words before the first placeholder. It is durable and unbounded: without a reader it grows, unless `messageTtl` or `queueArguments: { "x-max-length": 1_000_000 }` bounds it. `false` declares none.',
  }),
  queueArguments: declared({
    kind: brokerArguments,
    needs: "topology",
    about:
      "Handed to the broker with the queue (`x-max-length` …). What contradicts another option is an error.",
  }),
  queueType: declared({
    kind: choice("classic", "quorum"),
    defaultText: 'the virtual host\'s own, mostly `"classic"`',
    needs: "topology",
    about: "A quorum queue is replicated.",
  }),
  declareTopology: declared({
    kind: choice("declare", "passive", "none"),
    default: "declare",
    needs: "topology",
    about: "`passive` only checks that exchange and queue are there, `none` does neither.",
  }),
  durable: declared({
    kind: boolean,
    default: true,
    about:
      "Messages are persistent. Exchange and queue are durable either way: with `false` it is the messages that a restart loses.",
  }),
  messageTtl: declared({
    kind: duration("s", { min: 0, max: LONGEST_TTL }),
    needs: "ttl",
    defaultText: "never",
    about:
      "Unread events expire: by the queue (`x-message-ttl`) where the sink declares one, else by each message (`expiration`).",
  }),
  queuePriority: declared({
    kind: count(0, 255),
    needs: "priority",
    about: "Priority of each message; the queue is declared with `x-max-priority` of at least that, and 10.",
  }),
  deadLetterExchange: declared({
    kind: name(),
    needs: "deadLetter",
    about:
      "Where the broker puts rejected and expired events, and the sink those that the broker refused for good. Not one that is too large (`EVENT_TOO_LARGE`), or was never sent: `onFailure` has all. Declared, as a topic exchange, together with `deadLetterQueue`.",
  }),
  deadLetterRoutingKey: declared({
    kind: template(1),
    needs: "deadLetter",
    defaultText: "the event's own key",
    about:
      "The sink fills the template from the event. The broker cannot: for what the queue dead-letters, placeholders are taken from the head of the routing key.",
  }),
  deadLetterQueue: declared({
    kind: orFalse(name()),
    needs: "deadLetter",
    defaultText: "`NAME.failed`",
    about:
      "Declared, and bound to all that comes to `deadLetterExchange`; to one of the broker's own, to what comes from this sink. `false` declares none, and an exchange that is there already is taken as it is, whatever its type.",
  }),
  useStreams: declared({
    kind: boolean,
    default: false,
    package: streams.packageName,
    about:
      "Publish to a RabbitMQ stream. Of an `amqp://` URL the port is not used: streams have 5552, with TLS 5551. Another port takes a URL `rabbitmq-stream://HOST:PORT`.",
  }),
  stream: declared({
    kind: name(),
    package: streams.packageName,
    defaultText: "as the exchange",
    about: "Name of the stream.",
  }),
  streamMaxAgeHours: declared({
    kind: duration("h", { min: 1 / 3600, max: 876_000 }),
    package: streams.packageName,
    about: "Older events are removed from the stream.",
  }),
  streamMaxSegmentSize: declared({
    kind: size(1000, 3 * GiB),
    package: streams.packageName,
    about: "Size of one file of the stream.",
  }),
  streamMaxBytes: declared({
    kind: size(1, Number.MAX_SAFE_INTEGER),
    package: streams.packageName,
    about: "Size that the stream is kept to.",
  }),
  superStreamPartitions: declared({
    kind: count(1, 1000),
    package: streams.packageName,
    about:
      "A super stream of so many partitions, chosen by the hash of `execution_id` that RabbitMQ's Java, Go, .NET and JavaScript clients use. RabbitMQ before 3.13 has it made over AMQP 0-9-1, by `@streamll/transport-amqp091`.",
  }),
  publisherName: declared({
    kind: orFalse(name()),
    package: streams.packageName,
    defaultText: "random",
    about:
      "The name under which a stream deduplicates. Given by you it must have one writer at a time, and `publish(event, { sequence })` and `lastSequence()` make a restarted program exactly once. `false`: no name, no deduplication; a stream remembers 255 names.",
  }),
  streamFilter: declared({
    kind: boolean,
    default: false,
    package: streams.packageName,
    about:
      "Gives each event its `event_type` as the filter value of the stream, so that a consumer may ask for some types alone and the broker skips what has none of them. From RabbitMQ 3.13 on; an older one is sent none.",
  }),
  streamAddressResolver: declared({
    kind: callback<AddressResolver>("({ host, port }) => { host, port }"),
    package: streams.packageName,
    about:
      "Where a node of the broker is reached from here: behind a load balancer, a tunnel or a container's port it goes by another address. Without it the address that the broker advertises is used as it is.",
  }),

  publisherConfirms: delivery({
    kind: boolean,
    default: true,
    needs: "confirms",
    about: "An event counts as sent once the broker confirmed it; with `false` once it is written.",
  }),
  mandatory: delivery({
    kind: boolean,
    defaultText: "as `publisherConfirms`",
    needs: "mandatory",
    about:
      "An event that no queue takes is a failure (`UNROUTABLE`), not a success. Needs `publisherConfirms`. An `x-delayed-message` exchange cannot tell, and goes without.",
  }),
  batchSize: delivery({ kind: count(1, 100_000), default: 50, about: "A batch leaves with so many events." }),
  batchTimeout: delivery({
    kind: duration("s", { min: 0, max: 3600, plausible: 60 }),
    default: 0.1,
    about: "A batch leaves after so long.",
  }),
  batchBytes: delivery({
    kind: size(1, GiB),
    default: "256KiB",
    about: "A batch leaves with so many bytes.",
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
      "With no answer and no byte taken for so long, a connection is given up and its unconfirmed events are sent again. While `flush()` or `stop()` waits: half of `flushTimeout` (at least 2 s) where that is shorter.",
  }),
  deliveryTimeout: delivery({
    kind: duration("s", { min: 0.001, max: days(365), plausible: days(7) }),
    defaultText: "never",
    about: "An event that is older fails with `DELIVERY_TIMEOUT`.",
  }),
  maxRetries: delivery({
    kind: count(0, 1000),
    default: 3,
    about: "Tries after the first, for failures of the event's own. A lost connection uses up none.",
  }),
  retryBackoffMs: delivery({
    kind: duration("ms", { min: 0, max: 3_600_000 }),
    default: 1000,
    about: "Before the first retry; doubled each time, with full jitter. Also the pace of reconnecting.",
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
      "After so many failed connections nothing is tried for the cooldown (seconds); events wait in the buffer.",
  }),
  maxBufferedEvents: delivery({
    kind: count(1, 100_000_000),
    default: 100_000,
    about: "Buffered and in flight together.",
  }),
  maxBufferedBytes: delivery({
    kind: size(1, 1024 * GiB),
    default: "64MiB",
    about:
      "Of JSON in UTF-8, buffered and in flight together. It is in V8's heap, where text outside of Latin-1 takes up to twice as much: leave room below `--max-old-space-size`.",
  }),
  overflow: delivery({
    kind: choice("reject", "drop-oldest", "drop-newest"),
    default: "reject",
    about:
      "What gives way when the buffer is full. `reject`: `handleEvent` returns `false`, `publish` rejects with `BUFFER_FULL`.",
  }),
  maxEventBytes: delivery({
    kind: size(64, 512 * MiB),
    default: "1MiB",
    about: "A larger event fails with `EVENT_TOO_LARGE`, alone.",
  }),
  flushTimeout: delivery({
    kind: duration("s", { min: 0, max: 86_400, plausible: 3600 }),
    default: 20,
    about: "Bounds `flush()`, and `stop()` with its closing. Kubernetes grants 30 s.",
  }),
  eventFilter: delivery({
    kind: eventFilter,
    defaultText: "all",
    about: "The events of this sink. A predicate that throws lets the event pass.",
  }),
  transform: delivery({
    kind: callback<(event: StreamllEvent) => StreamllEvent | undefined>("(event) => event or undefined"),
    about:
      "Redacts, enriches or leaves out, before encoding. It gets a copy of the event, of its `data` and its `tags`; what is inside those is the caller's own. An event for which it throws is not taken: it may hold what was to be redacted.",
  }),
  headers: delivery({
    kind: headers,
    about: "More headers on every message. When the function throws, the event goes without them.",
  }),
  appId: delivery({ kind: name(), default: "streamll", about: "The message property `app-id`." }),
  sessionId: delivery({
    kind: template(1),
    package: serviceBus.packageName,
    about:
      "Session on Azure Service Bus, at most 128 characters; a queue with sessions needs it. `{execution_id}` keeps each execution in order.",
  }),
  partitionKey: delivery({
    kind: template(1),
    package: serviceBus.packageName,
    about: "Partition key on Azure Service Bus, at most 128 characters.",
  }),

  metricsCallback: observing({
    kind: callback<(stats: DeliveryStats) => void>("(stats) => void"),
    about: "Called every `metricsInterval`, and once at `stop()`.",
  }),
  metricsInterval: observing({
    kind: duration("s", { min: 0.01, max: 86_400, plausible: 3600 }),
    default: 10,
    about: "Of `metricsCallback`.",
  }),
  onFailure: observing({
    kind: callback<(failure: Failure) => void>("(failure) => void"),
    about: "Each event that failed for good or was dropped: event, code, attempts, cause.",
  }),
  logger: observing({
    kind: objectWith<Logger>("`Logger`", "debug", "info", "warn", "error"),
    about:
      "Shaped like pino. Without one, what will not heal by itself is said once through `process.emitWarning`.",
  }),
} satisfies { readonly [Name in keyof RabbitMQSinkOptions]-?: Option<unknown> | Option<never> };

export type OptionName = keyof typeof table;

/** Every option as the sink uses it: durations in milliseconds, sizes in bytes, defaults filled in. */
export type ResolvedOptions = { readonly [Name in OptionName]: ValueOf<(typeof table)[Name]> };

export const optionNames = Object.keys(table) as OptionName[];

/** The row of an option, whatever its type. */
export const rowOf = (optionName: OptionName): Option<unknown> => table[optionName] as Option<unknown>;
