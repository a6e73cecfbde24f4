import {
  type Connection,
  configureTransport,
  connectionSettings,
  consumingOf,
  endpointsOf,
  makeTransport,
  nameOf,
  placeOf,
  resolveConnection,
} from "@streamll/connection/internal";
import {
  ConfigurationError,
  type ConfigurationProblem,
  type Consuming,
  type Endpoint,
  type Logger,
} from "@streamll/core";
import { type ConsumingOptions, defaultConsumingOptions } from "@streamll/core/internal";
import { type ResolvedOptions, table } from "./options/table.js";
import { resolveTopology } from "./topology.js";

/** A consumer as its options describe it. */
export interface Plan {
  readonly values: ResolvedOptions;
  readonly consuming: Consuming;
  readonly endpoints: readonly Endpoint[];
  readonly options: ConsumingOptions;
  readonly warnings: readonly string[];
}

/**
 * Checks all options together and makes the transport. Opens nothing and imports no broker client.
 *
 * @throws ConfigurationError with every problem; TransportNotInstalledError where the package does not exist yet.
 */
export function resolve(given: Readonly<Record<string, unknown>>, logger: Logger): Plan {
  const connection = resolveConnection({ table, given, className: "EventConsumer" });
  const { values, choice } = connection;
  const { exchange = "", queue = "", queueArguments, declareTopology = "none", ssl } = values;
  const shared = { exchange, routingKey: "", queueArguments, declareTopology, durable: true, ssl };
  const configured = configureTransport(connection, shared);
  const { topology, problems: inTopology } = resolveTopology({ ...values, queue });
  const problems = [...connection.problems, ...inTopology, ...missing(connection)];
  if (choice === undefined || problems.length > 0) throw new ConfigurationError(problems);

  const options = {
    ...connectionSettings(connection, logger),
    confirms: true,
    message: {
      exchange: "",
      contentType: "application/json",
      appId: "streamll",
      persistent: true,
      mandatory: false,
    },
    topology,
  };
  const endpoints = endpointsOf(connection, configured.endpoints);
  const transport = makeTransport(choice, options, endpoints ?? [], undefined);
  if (transport.consuming === undefined) throw new ConfigurationError([cannotConsume(transport.name)]);
  return {
    values,
    consuming: transport.consuming,
    endpoints: endpoints ?? [placeOf(transport)],
    options: consumingOptionsOf(values, queue),
    warnings: connection.warnings,
  };
}

/** What a consumer cannot be without. */
function missing({ values, choice, isSet }: Connection<typeof table>): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  if (!isSet("queue"))
    problems.push({ option: "queue", message: 'is missing; write the name of a queue such as "rag-team"' });
  if (values.handlers === undefined && values.handle === undefined)
    problems.push({
      option: "handlers",
      message: 'is missing; write handlers: { "*": (event) => … }, or handle',
    });
  if (values.handlers !== undefined && values.handle !== undefined)
    problems.push({ option: "handle", message: "is for every event, as handlers is: leave out one of them" });
  const isKnown =
    choice !== undefined && (choice.kind !== "factory" || choice.factory.capabilities !== undefined);
  if (isKnown && consumingOf(choice) === undefined) problems.push(cannotConsume(nameOf(choice)));
  return problems;
}

const cannotConsume = (name: string): ConfigurationProblem => ({
  option: "amqpUrl",
  message: `the transport ${name} cannot consume: use another scheme, or a transport that has consuming`,
});

function consumingOptionsOf(values: ResolvedOptions, source: string): ConsumingOptions {
  const { retry } = values;
  return {
    ...defaultConsumingOptions,
    source,
    deadLetters: values.deadLetterExchange !== undefined,
    window: values.prefetch,
    concurrency: values.concurrency,
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
