import { type Connection, consumingOf, resolveConnection } from "@streamll/connection/internal";
import type { ConfigurationProblem, Consuming, Endpoint, Logger, Topology, Transport } from "@streamll/core";
import {
  type ConsumingOptions,
  defaultConsumingOptions,
  type LogOptions,
  type ParkingRequest,
} from "@streamll/core/internal";
import { openable } from "./openable.js";
import { type ResolvedOptions, table } from "./options/table.js";
import { logOptionsOf, problemsOfLog, problemsOfQueue } from "./stream.js";
import { resolveTopology } from "./topology.js";

/** A consumer as its options describe it. */
export interface Plan {
  readonly connection: Connection<typeof table>;
  readonly transport: Transport;
  readonly topology: Topology;
  /** Values that follow from other options where the user set none. */
  readonly derived: Readonly<Record<string, unknown>>;
  readonly values: ResolvedOptions;
  readonly consuming: Consuming;
  readonly endpoints: readonly Endpoint[];
  readonly options: ConsumingOptions;
  /** Present where a stream is read. */
  readonly log?: LogOptions;
  /** Absent where nothing is given up, and where the broker itself keeps the reason. */
  readonly parking: ParkingRequest | undefined;
  readonly warnings: readonly string[];
}

/**
 * Checks all options together and makes the transport. Opens nothing and imports no broker client.
 *
 * @throws ConfigurationError with every problem.
 */
export function resolve(given: Readonly<Record<string, unknown>>, logger: Logger): Plan {
  const connection = resolveConnection({ table, given, className: "EventConsumer" });
  const { values, choice } = connection;
  const { queue = "" } = values;
  const isLog = choice !== undefined && consumingOf(choice)?.log === true;
  const wanted = resolveTopology({ ...values, queue });
  const found = [
    ...(isLog ? problemsOfLog(connection) : [...wanted.problems, ...problemsOfQueue(connection)]),
    ...ofHandling(connection),
    ...besideQueue(connection),
  ];
  const opened = openable(connection, { queue, topology: wanted.topology }, logger, found);
  const { transport, consuming, endpoints, topology, source, isEncrypted } = opened;
  return {
    connection,
    transport,
    topology,
    derived: { ssl: isEncrypted, declareTopology: topology.mode },
    values,
    consuming,
    endpoints,
    options: consumingOptionsOf(values, source, consuming),
    parking: parkingOf(values, transport),
    ...(isLog ? { log: logOptionsOf(values) } : {}),
    warnings: connection.warnings,
  };
}

const ways = ["handlers", "handle", "handleBatch"] as const;

/** Options of handling that contradict each other. */
function* ofHandling({ values, isSet }: Connection<typeof table>): Generator<ConfigurationProblem> {
  const { batch, handleBatch, prefetch } = values;
  const [way, ...others] = ways.filter((option) => values[option] !== undefined);
  for (const option of others)
    yield { option, message: `is for every event, as ${way} is: leave out one of them` };
  if (handleBatch === undefined && isSet("batch"))
    yield { option: "batch", message: "is of handleBatch: write handleBatch: (events) => …" };
  if (handleBatch !== undefined && isSet("concurrency"))
    yield {
      option: "concurrency",
      message: "is not for handleBatch, which has one batch at a time: leave it out",
    };
  if (handleBatch !== undefined && batch.size > prefetch)
    yield {
      option: "batch",
      message: `size is ${batch.size}, and prefetch lets no more than ${prefetch} events in: raise prefetch`,
    };
  if (values.continueExecution && values.handlers === undefined && values.handle === undefined)
    yield {
      option: "continueExecution",
      message:
        "is for handle and handlers: elsewhere write continueExecution(event, () => …) of @streamll/core",
    };
}

/** What only some brokers keep. */
function* besideQueue({ values, choice, isSet }: Connection<typeof table>): Generator<ConfigurationProblem> {
  const { deadLetters, session, sessions } = values;
  const known = choice && consumingOf(choice);
  if (deadLetters && known !== undefined && known.deadLetters !== "reason")
    yield { option: "deadLetters", message: NO_SUB_QUEUE };
  for (const option of ["session", "sessions"] as const) {
    if (!isSet(option)) continue;
    if (known !== undefined && !known.sessions) yield { option, message: NO_SESSIONS };
    if (deadLetters) yield { option, message: "dead letters are in no session: leave it out" };
  }
  if (session !== undefined && session.length > LONGEST_SESSION)
    yield { option: "session", message: `must have at most ${LONGEST_SESSION} characters` };
  const message = "is for any sessions, and session names one: leave out one of them";
  if (session !== undefined && sessions !== undefined) yield { option: "sessions", message };
}

const LONGEST_SESSION = 128;
const NO_SUB_QUEUE =
  "only Azure Service Bus keeps dead letters beside the queue: write the name of their own queue as queue";
const NO_SESSIONS = "only queues of Azure Service Bus have sessions: leave it out";

/** Through the sending end of the transport, where the broker would leave the reason out. */
function parkingOf(
  { deadLetterExchange: exchange, queueArguments }: ResolvedOptions,
  transport: Transport,
): ParkingRequest | undefined {
  const { consuming } = transport;
  const isParked = consuming?.relays === true && consuming.deadLetters !== "reason";
  if (exchange === undefined || !isParked) return undefined;
  const key = queueArguments?.["x-dead-letter-routing-key"];
  const connect: Transport["connect"] = (...given) => transport.connect(...given);
  return { connect, exchange, routingKey: typeof key === "string" ? key : undefined };
}

function consumingOptionsOf(
  values: ResolvedOptions,
  source: string,
  { deadLetters }: Consuming,
): ConsumingOptions {
  const { retry, session, sessions } = values;
  const isBatched = values.handleBatch !== undefined;
  return {
    ...defaultConsumingOptions,
    source,
    fromDeadLetters: values.deadLetters,
    ...(session === undefined ? {} : { sessions: { name: session } }),
    ...(sessions === undefined ? {} : { sessions: { atOnce: sessions } }),
    // Where the broker keeps them beside the queue, nothing has to be declared; and what is there already stays there.
    deadLetters: values.deadLetterExchange !== undefined || (deadLetters === "reason" && !values.deadLetters),
    window: values.prefetch,
    concurrency: isBatched ? values.prefetch : values.concurrency,
    ordered: !isBatched,
    attempts: retry.attempts,
    retryBackoffMs: retry.backoffMs,
    maxRetryBackoffMs: retry.maxBackoffMs,
    maxDeliveries: values.maxDeliveries,
    handlerTimeoutMs: values.handlerTimeout,
    drainTimeoutMs: values.drainTimeout,
    connectionTimeoutMs: values.connectionTimeout,
    waitForBroker: values.waitForBroker,
  };
}
