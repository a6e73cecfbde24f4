import {
  type ConnectingTable,
  type Connection,
  configureTransport,
  connectionSettings,
  consumingOf,
  endpointsOf,
  makeTransport,
  nameOf,
  placeOf,
} from "@streamll/connection/internal";
import {
  ConfigurationError,
  type ConfigurationProblem,
  type Consuming,
  type Endpoint,
  type Logger,
  type Topology,
  type Transport,
} from "@streamll/core";
import type { ResolvedOptions } from "./options/table.js";

/** A transport through which messages are consumed and sent, confirmed and `mandatory`. */
export interface Openable {
  readonly transport: Transport;
  readonly consuming: Consuming;
  readonly endpoints: readonly Endpoint[];
  /** What is declared: of a log, what its transport makes of the options. */
  readonly topology: Topology;
  /** What is read. */
  readonly source: string;
  readonly isEncrypted: boolean;
}

/**
 * Makes the transport of a class that consumes.
 *
 * @param found what is wrong beside the options of the connection.
 * @throws ConfigurationError with every problem.
 */
export function openable<Table extends ConnectingTable>(
  connection: Connection<Table>,
  { queue, topology: wanted }: { readonly queue: string; readonly topology: Topology },
  logger: Logger,
  found: readonly ConfigurationProblem[],
): Openable {
  const { choice } = connection;
  const values = connection.values as Shared;
  const { exchange = "", queueArguments, declareTopology = "none", ssl } = values;
  const shared = {
    exchange,
    source: queue,
    routingKey: "",
    queueArguments,
    declareTopology,
    durable: true,
    ssl,
  };
  const configured = configureTransport(connection, shared);
  const isKnown =
    choice !== undefined && (choice.kind !== "factory" || choice.factory.capabilities !== undefined);
  const problems = [...connection.problems, ...(configured.problems ?? []), ...found];
  if (isKnown && consumingOf(choice) === undefined) problems.push(cannotConsume(nameOf(choice)));
  if (choice === undefined || problems.length > 0) throw new ConfigurationError(problems);
  const isLog = consumingOf(choice)?.log === true;
  const topology = isLog ? configured.topology! : wanted;
  const options = {
    ...connectionSettings(connection, logger),
    confirms: true,
    message: {
      exchange: "",
      contentType: "application/json",
      appId: "streamll",
      persistent: true,
      mandatory: !isLog,
    },
    topology,
  };
  const endpoints = endpointsOf(connection, configured.endpoints);
  const transport = makeTransport(choice, options, endpoints ?? [], undefined);
  const { consuming } = transport;
  if (consuming === undefined) throw new ConfigurationError([cannotConsume(transport.name)]);
  const isEncrypted = options.tls !== undefined;
  const source = configured.source ?? queue;
  return {
    transport,
    consuming,
    endpoints: endpoints ?? [placeOf(transport)],
    topology,
    source,
    isEncrypted,
  };
}

type Shared = Partial<Pick<ResolvedOptions, "exchange" | "queueArguments" | "declareTopology" | "ssl">>;

const cannotConsume = (name: string): ConfigurationProblem => ({
  option: "amqpUrl",
  message: `the transport ${name} cannot consume: use another scheme, or a transport that has consuming`,
});
