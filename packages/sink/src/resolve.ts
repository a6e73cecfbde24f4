import { hostname } from "node:os";
import {
  ConfigurationError,
  type Endpoint,
  type Logger,
  type Topology,
  type Transport,
  TransportNotInstalledError,
  type TransportOptions,
} from "@streamll/core";
import { compileTemplate, type DeliveryOptions } from "@streamll/core/internal";
import { beyond, contradictions, isEncrypted, powerless } from "./conflicts.js";
import { derivedValues } from "./derived.js";
import { resolveEndpoints } from "./endpoint/endpoints.js";
import { DELAYED } from "./exchange-type.js";
import { type Origin, readOptions } from "./options/read.js";
import type { RabbitMQSinkOptions } from "./options/sink-options.js";
import { type OptionName, type ResolvedOptions, table } from "./options/table.js";
import type { Provider } from "./provider/provider.js";
import { remarksOn } from "./provider/remarks.js";
import { entityOf, serviceBusTopology } from "./service-bus.js";
import { streamEndpoint, streamTopology } from "./stream.js";
import { type ResolvedTopology, resolveTopology } from "./topology.js";
import {
  type Choice,
  capabilitiesOf,
  chooseTransport,
  knownSchemes,
  nameOf,
  speaksServiceBus,
  speaksStreams,
} from "./transport/choose.js";
import { lazyTransport } from "./transport/lazy.js";
import { strangeQuery } from "./transport/query.js";
import { schemesOf } from "./transport/schemes.js";

/** A sink as its options describe it. */
export interface Plan {
  readonly values: ResolvedOptions;
  /** Of what does not have its default. */
  readonly origins: ReadonlyMap<OptionName, Origin>;
  /** What the sink works out itself of options that nobody set. */
  readonly derived: Partial<Record<OptionName, unknown>>;
  readonly endpoints: readonly Endpoint[];
  readonly provider: Provider | undefined;
  readonly transport: Transport;
  readonly topology: Topology;
  readonly delivery: DeliveryOptions;
  readonly warnings: readonly string[];
}

/**
 * Checks all options together and makes the transport. Opens nothing and imports no broker client.
 *
 * @throws ConfigurationError with every problem; TransportNotInstalledError for what a package yet to come brings.
 */
export function resolve(options: RabbitMQSinkOptions, logger: Logger): Plan {
  const { values: read, origins, problems } = readOptions(options as Readonly<Record<string, unknown>>);
  const isSet = (option: OptionName) => origins.has(option) && origins.get(option)?.from !== "URL";
  const cluster = resolveEndpoints(read, origins);
  const given = withUrl(read, cluster.fromUrl, origins);
  if (!(isSet("transport") && !isSet("amqpUrl"))) problems.push(...cluster.problems);

  const choice = chooseTransport(given, isSet, cluster.endpoints[0]);
  const isServiceBus = choice !== undefined && speaksServiceBus(choice);
  const values = isServiceBus ? onServiceBus(given, isSet, cluster.endpoints) : given;
  const isMisread = problems.some(({ option }) => option === "transports");
  if (choice === undefined && cluster.endpoints.length > 0 && !isMisread) {
    const message = `nobody speaks ${cluster.endpoints[0]!.scheme}:; known are ${knownSchemes(values).join(", ")}`;
    problems.push({ option: "amqpUrl", message });
  }
  const capabilities = choice && capabilitiesOf(choice);
  const isStream = choice !== undefined && speaksStreams(choice);
  const plain = { queue: undefined, expirationMs: values.messageTtl, problems: [], warnings: [] };
  const topology: ResolvedTopology = isStream
    ? { ...plain, ...streamTopology(values) }
    : isServiceBus
      ? { ...plain, topology: serviceBusTopology(values) }
      : resolveTopology({
          ...values,
          mode:
            choice?.kind === "given" || capabilities?.topology === false ? "none" : values.declareTopology,
          defaultRoutingKey: table.routingKey.default,
          template: compileTemplate(values.routingKey),
          exchangeType: isSet("exchangeType") ? values.exchangeType : undefined,
          queueType: isSet("queueType") ? values.queueType : undefined,
          messageTtlMs: values.messageTtl,
          priority: values.queuePriority,
        });
  problems.push(...contradictions(values, isSet, cluster.endpoints, choice), ...topology.problems);
  const { provider } = cluster;
  const remarks = provider && remarksOn(provider, values, isSet, cluster.endpoints);
  problems.push(...(remarks?.problems ?? []));
  if (choice !== undefined) {
    problems.push(...powerless(choice, values, isSet, cluster.endpoints));
    problems.push(...strangeQuery(choice, cluster.endpoints));
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
  if (choice === undefined) throw new Error("unreachable");

  // It gives back each message that it holds.
  const isDelayed = values.exchangeType === DELAYED;
  const azureCredential = values.credential ?? (values.authProvider && "default");
  const transportOptions: TransportOptions = {
    confirms: values.publisherConfirms && capabilities?.confirms !== false,
    message: {
      exchange: values.exchange,
      contentType: "application/json",
      appId: values.appId,
      persistent: values.durable,
      mandatory:
        values.mandatory ?? (values.publisherConfirms && capabilities?.mandatory !== false && !isDelayed),
      ...(values.queuePriority === undefined ? {} : { priority: values.queuePriority }),
      ...(topology.expirationMs === undefined ? {} : { expirationMs: topology.expirationMs }),
    },
    topology: topology.topology,
    connectionTimeoutMs: values.connectionTimeout,
    heartbeatMs: values.heartbeat,
    connectionName: values.connectionName ?? `streamll@${hostname()}:${process.pid}`,
    ...(isEncrypted(values, cluster.endpoints, choice)
      ? { tls: { ...values.tls, rejectUnauthorized: values.sslVerify } }
      : {}),
    ...(values.credentials === undefined ? {} : { credentials: values.credentials }),
    ...(azureCredential === undefined ? {} : { azureCredential }),
    ...(values.webSocket === false ? {} : { webSocket: values.webSocket }),
    ...(values.publisherName === undefined ? {} : { publisherName: values.publisherName }),
    ...(values.streamFilter ? { filterByType: true } : {}),
    ...(values.streamAddressResolver === undefined ? {} : { resolveAddress: values.streamAddressResolver }),
    logger,
  };
  const places = isStream
    ? cluster.endpoints.map((endpoint) => streamEndpoint(endpoint, values.ssl))
    : cluster.endpoints;
  const elsewhere = isElsewhere(choice, places, isSet);
  const transport = transportOf(choice, transportOptions, elsewhere ? [] : places);
  const late = choice.kind === "factory" ? beyond(transport, values, isSet) : [];
  if (late.length > 0) throw new ConfigurationError(late);
  const { queues } = topology.topology;
  const ofStream = isStream
    ? { useStreams: true, stream: values.exchange, connectionPoolSize: queues.length }
    : {};
  const noVerify = values.sslVerify ? [] : ["sslVerify is false: any certificate is accepted"];
  return {
    values,
    origins,
    derived: choice.kind === "given" ? {} : derivedValues(transportOptions, topology, ofStream),
    provider,
    endpoints: elsewhere ? [placeOf(transport)] : places,
    transport,
    topology: transport.capabilities.topology ? topology.topology : nothing,
    delivery: deliveryOf(values),
    warnings: [...cluster.warnings, ...(remarks?.warnings ?? []), ...topology.warnings, ...noVerify],
  };
}

/** Without an exchange of the user's own, events go to what the URL names, else to what the routing key does. */
const onServiceBus = (
  values: ResolvedOptions,
  isSet: (option: OptionName) => boolean,
  endpoints: readonly Endpoint[],
): ResolvedOptions => ({
  ...values,
  exchange: (isSet("exchange") ? values.exchange : "") || entityOf(endpoints),
});

function withUrl(
  values: ResolvedOptions,
  fromUrl: Partial<Record<OptionName, unknown>>,
  origins: Map<OptionName, Origin>,
): ResolvedOptions {
  const merged: Record<string, unknown> = { ...values };
  const url = origins.has("amqpUrl");
  for (const [option, value] of Object.entries(fromUrl) as [OptionName, unknown][]) {
    if (origins.has(option)) continue;
    merged[option] = value;
    if (url) origins.set(option, { from: "URL" });
  }
  return merged as unknown as ResolvedOptions;
}

function transportOf(choice: Choice, options: TransportOptions, endpoints: readonly Endpoint[]): Transport {
  if (choice.kind === "given") return choice.transport;
  if (choice.kind === "factory") return made(choice.factory.create(options, endpoints), nameOf(choice));
  const { known, reason } = choice;
  const { name, packageName, capabilities, load } = known;
  if (load === undefined || capabilities === undefined)
    throw new TransportNotInstalledError(packageName, reason);
  const partitions = speaksStreams(choice) ? options.topology.queues.length : undefined;
  return lazyTransport({ name, capabilities, partitions, load }, options, endpoints);
}

function made(transport: Transport, name: string): Transport {
  if (typeof transport?.connect === "function" && transport.capabilities) return transport;
  const message = `create() of the transport ${name} gave no transport: an object with name, capabilities and connect (and no promise)`;
  throw new ConfigurationError([{ option: "transports", message }]);
}

const nothing: Topology = { mode: "none", exchanges: [], queues: [], bindings: [] };

/** The default URL is not where a transport of the user's own leads, unless it has that scheme. */
function isElsewhere(
  choice: Choice,
  endpoints: readonly Endpoint[],
  isSet: (option: OptionName) => boolean,
): boolean {
  if (!isSet("transport") || isSet("amqpUrl")) return false;
  return !(
    choice.kind === "factory" && endpoints.every(({ scheme }) => schemesOf(choice.factory).includes(scheme))
  );
}

const placeOf = ({ name }: Transport): Endpoint => ({
  scheme: name,
  host: "",
  path: "",
  query: {},
  label: name,
});

function deliveryOf(values: ResolvedOptions): DeliveryOptions {
  return {
    batchSize: values.batchSize,
    batchTimeoutMs: values.batchTimeout,
    batchBytes: values.batchBytes,
    maxInFlight: values.maxInFlight,
    connectionPoolSize: values.connectionPoolSize,
    connectionTimeoutMs: values.connectionTimeout,
    confirmTimeoutMs: values.confirmTimeout,
    deliveryTimeoutMs: values.deliveryTimeout,
    maxRetries: values.maxRetries,
    retryBackoffMs: values.retryBackoffMs,
    maxRetryBackoffMs: values.maxRetryBackoffMs,
    circuitBreaker: values.circuitBreaker,
    maxBufferedEvents: values.maxBufferedEvents,
    maxBufferedBytes: values.maxBufferedBytes,
    maxEventBytes: values.maxEventBytes,
    overflow: values.overflow,
    flushTimeoutMs: values.flushTimeout,
    waitForBroker: values.waitForBroker,
  };
}
