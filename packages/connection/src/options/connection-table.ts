import type { CredentialsProvider } from "@streamll/core";
import {
  boolean,
  callback,
  choice,
  duration,
  name,
  type ResolvedOptions,
  type RowsOf,
  text,
} from "@streamll/core/options";
import type { ConnectionOptions } from "./connection-options.js";
import { inGroup } from "./row.js";
import { tls } from "./tls.js";
import { transport, transports } from "./transport-kinds.js";
import { urls, userName } from "./url-kinds.js";

/** The heading of what says where and how to connect. */
export const WHERE = "Where to send";

const where = inGroup(WHERE);

/** What says which broker to connect to, and as whom. */
export const connectionTable = {
  amqpUrl: where({
    kind: urls,
    default: "amqp://guest:guest@localhost:5672/",
    variables: ["RABBITMQ_URL", "AMAZON_MQ_URL", "CLOUDAMQP_URL", "AZURE_SERVICEBUS_CONNECTION_STRING"],
    about:
      "Several URLs are one cluster: fail over, in shuffled order. `amqp://` and `amqps://` are AMQP 0-9-1, `memory:` is in this process; a host under `servicebus.windows.net` and a connection string `Endpoint=sb://…` are AMQP 1.0, `rabbitmq-stream://` and `rabbitmq-stream+tls://` are the stream protocol, `pubsub://PROJECT` is Google Cloud Pub/Sub; any other scheme is looked up in `transports`. User, password and vhost are percent-decoded as UTF-8. An AMQP URL may set `?heartbeat=` (seconds) and `?connection_timeout=` (milliseconds).",
  }),
  amqpVersion: where({
    kind: choice("0-9-1", "1.0"),
    toTransport: true,
    defaultText: "from the URL",
    about: '`"1.0"` is AMQP 1.0, to RabbitMQ 4.0 and later, by `@streamll/transport-amqp10`.',
  }),
  useStreams: where({
    kind: boolean,
    default: false,
    toTransport: true,
    about:
      "A RabbitMQ stream in the place of exchange and queue, by `@streamll/transport-streams`. The port of an `amqp://` URL is not used: streams have 5552, with TLS 5551. For another port, write `rabbitmq-stream://HOST:PORT`.",
  }),
  transport: where({
    kind: transport,
    about:
      "Instead of the URL's: a transport that is made already, or a factory, which gets all options, as `broker.transport()` of a `MemoryBroker` is one.",
  }),
  transports: where({
    kind: transports,
    about:
      "More transports, looked up by the URL's scheme before those of this project; also how a bundler learns of one.",
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
    toTransport: true,
    about:
      "Or a promise of it. Asked at every connect, and before `expiresAt`: rotation, OAuth 2 tokens. On the command line a command that prints it: `--credentials COMMAND`.",
  }),
  ssl: where({
    kind: boolean,
    toTransport: true,
    defaultText: "from the URL",
    about:
      "`true` upgrades `amqp://` to TLS, and to port 5671 where the URL has no port. So does a host of Amazon MQ or CloudAMQP, with a warning.",
  }),
  sslVerify: where({
    kind: boolean,
    default: true,
    toTransport: true,
    about: "`false` accepts any certificate, and warns once.",
  }),
  tls: where({
    kind: tls,
    secret: true,
    toTransport: true,
    about:
      "Of Node's TLS options: `ca`, `cert`, `key`, `pfx`, `passphrase`, `servername`, `minVersion` (TLS 1.2 is the least), the first four as the content of a file. With `cert` or `pfx`, and neither user nor password, the broker takes the user from the certificate (SASL EXTERNAL).",
  }),
  connectionTimeout: where({
    kind: duration("s", { min: 0.001, max: 3600, plausible: 600 }),
    default: 30,
    about:
      "Covers DNS, TCP, TLS and the protocol's handshake together. The addresses of a host share it equally.",
  }),
  heartbeat: where({
    kind: duration("s", { min: 0, max: 65_535, plausible: 600 }),
    default: 10,
    toTransport: true,
    about:
      "A peer that is silent for two of them counts as dead, and so does each peer after the process itself stood still for that long; 0 switches it off.",
  }),
  connectionName: where({
    kind: name(),
    toTransport: true,
    defaultText: "`streamll@HOST:PID`",
    about: "Shown in the broker's management page, with the connection's number behind it.",
  }),
  waitForBroker: where({
    kind: boolean,
    default: false,
    about: "Whether `start()` waits for a broker that cannot be reached.",
  }),
} satisfies RowsOf<ConnectionOptions> & Record<"amqpUrl" | "transport" | "transports", unknown>;

/** As they are used: durations in milliseconds, defaults filled in. */
export type ConnectionValues = ResolvedOptions<typeof connectionTable>;
