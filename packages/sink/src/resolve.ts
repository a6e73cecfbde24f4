import {
  type Connection,
  capabilitiesOf,
  configureTransport,
  connectionSettings,
  endpointsOf,
  makeTransport,
  placeOf,
  resolveConnection,
  unsupportedCapabilities,
} from "@streamll/connection/internal";
import {
  ConfigurationError,
  type Endpoint,
  type Logger,
  type Topology,
  type Transport,
  type TransportCapabilities,
  type TransportConfiguration,
  type TransportOptions,
} from "@streamll/core";
import { compileTemplate, type DeliveryOptions } from "@streamll/core/internal";
import { contentTypeOf, formatContradictions } from "./content.js";
import { contradictions } from "./contradictions.js";
import { deliveryOptionsOf, poolOf } from "./delivery-options.js";
import { derivedValues } from "./derived.js";
import { DELAYED } from "./exchange-type.js";
import { type ResolvedOptions, table } from "./options/table.js";
import { remarksOnTopology } from "./provider-remarks.js";
import { type ResolvedTopology, resolveTopology } from "./topology.js";

/** A sink as its options describe it. */
export interface Plan {
  readonly connection: Connection<typeof table>;
  readonly values: ResolvedOptions;
  /** Values that follow from other options where the user set none. */
  readonly derived: Readonly<Record<string, unknown>>;
  readonly endpoints: readonly Endpoint[];
  readonly transport: Transport;
  /** A transport whose publisher has this name for a broker that deduplicates. */
  readonly transportNamed: (publisherName: string) => Transport;
  readonly topology: Topology;
  /** Where events are published to; on Azure Service Bus the entity, `""` if each event's key names it. */
  readonly exchange: string;
  readonly delivery: DeliveryOptions;
  readonly warnings: readonly string[];
}

/**
 * Checks all options together and makes the transport. Opens nothing and imports no broker client.
 *
 * @param className named in errors.
 * @throws ConfigurationError with every problem.
 */
export function resolve(
  given: Readonly<Record<string, unknown>>,
  logger: Logger,
  className = "RabbitMQSink",
): Plan {
  const connection = resolveConnection({ table, given, className });
  const { values, choice, provider, isSet } = connection;
  const configured = configureTransport(connection, values);
  const topology = topologyOf(connection, configured);
  const remarks = provider && remarksOnTopology(provider, values, isSet);
  const problems = [
    ...connection.problems,
    ...(configured.problems ?? []),
    ...topology.problems,
    ...contradictions(values),
    ...formatContradictions(connection),
    ...(remarks?.problems ?? []),
  ];
  if (choice === undefined || problems.length > 0) throw new ConfigurationError(problems);

  const options = transportOptions(connection, configured, topology, logger);
  const endpoints = endpointsOf(connection, configured.endpoints);
  const transport = makeTransport(choice, options, endpoints ?? [], configured.partitions);
  if (choice.kind === "factory") {
    const unsupported = unsupportedCapabilities(transport, { table, values, isSet });
    if (unsupported.length > 0) throw new ConfigurationError(unsupported);
  }
  const pool = poolOf(values, isSet);
  const transportNamed = (publisherName: string) =>
    makeTransport(choice, { ...options, publisherName }, endpoints ?? [], configured.partitions);
  return {
    connection,
    values,
    derived: {
      ...pool,
      ...(choice.kind === "given" ? {} : derivedValues(options, topology, configured.derived)),
    },
    endpoints: endpoints ?? [placeOf(transport)],
    transport,
    transportNamed,
    topology: transport.capabilities.topology || configured.topology ? topology.topology : nothing,
    exchange: options.message.exchange,
    delivery: deliveryOptionsOf({ ...values, ...pool }),
    warnings: [...connection.warnings, ...(remarks?.warnings ?? []), ...topology.warnings],
  };
}

const nothing: Topology = { mode: "none", exchanges: [], queues: [], bindings: [] };

function topologyOf(
  { choice, values, isSet }: Connection<typeof table>,
  configured: TransportConfiguration,
): ResolvedTopology {
  const { topology } = configured;
  if (topology !== undefined)
    return { topology, queue: undefined, expirationMs: values.messageTtl, problems: [], warnings: [] };
  const isUndeclared = choice?.kind === "given" || capabilitiesIn(choice)?.topology === false;
  return resolveTopology({
    ...values,
    mode: isUndeclared ? "none" : values.declareTopology,
    defaultRoutingKey: table.routingKey.default,
    template: compileTemplate(values.routingKey),
    exchangeType: isSet("exchangeType") ? values.exchangeType : undefined,
    queueType: isSet("queueType") ? values.queueType : undefined,
    messageTtlMs: values.messageTtl,
    priority: values.queuePriority,
  });
}

const capabilitiesIn = (choice: Connection<typeof table>["choice"]): TransportCapabilities | undefined =>
  choice && capabilitiesOf(choice);

function transportOptions(
  connection: Connection<typeof table>,
  configured: TransportConfiguration,
  { topology, expirationMs }: ResolvedTopology,
  logger: Logger,
): TransportOptions {
  const { values, choice } = connection;
  const capabilities = capabilitiesIn(choice);
  // It returns each message that it holds.
  const isDelayed = values.exchangeType === DELAYED;
  const canReturn = values.publisherConfirms && capabilities?.mandatory !== false && !isDelayed;
  return {
    ...connectionSettings(connection, logger),
    confirms: values.publisherConfirms && capabilities?.confirms !== false,
    message: {
      exchange: configured.exchange ?? values.exchange,
      contentType: contentTypeOf(values),
      appId: values.appId,
      persistent: values.durable,
      mandatory: values.mandatory ?? canReturn,
      ...(values.queuePriority === undefined ? {} : { priority: values.queuePriority }),
      ...(expirationMs === undefined ? {} : { expirationMs }),
    },
    topology,
    ...(values.publisherName === undefined ? {} : { publisherName: values.publisherName }),
  };
}
