import { hostname } from "node:os";
import {
  ConfigurationError,
  type ConfigurationProblem,
  type Endpoint,
  type Logger,
  type Topology,
  type Transport,
  type TransportCapabilities,
  TransportNotInstalledError,
  type TransportOptions,
} from "@streamll/core";
import { compileTemplate, type DeliveryOptions } from "@streamll/core/internal";
import { resolveEndpoints } from "./endpoint/endpoints.js";
import { type Origin, readOptions } from "./options/read.js";
import type { RabbitMQSinkOptions } from "./options/sink-options.js";
import { type OptionName, optionNames, type ResolvedOptions, rowOf, table } from "./options/table.js";
import { resolveTopology } from "./topology.js";
import { type Choice, capabilitiesOf, chooseTransport, nameOf, schemesOf } from "./transport/choose.js";
import { lazyTransport } from "./transport/lazy.js";

/** A sink as its options describe it. */
export interface Plan {
  readonly values: ResolvedOptions;
  /** Of what does not have its default. */
  readonly origins: ReadonlyMap<OptionName, Origin>;
  readonly endpoints: readonly Endpoint[];
  readonly transport: Transport;
  readonly topology: Topology;
  readonly delivery: DeliveryOptions;
  readonly warnings: readonly string[];
}

/** What the transport learns at its creation, and so not one that the user made. */
const learntAtCreation: readonly OptionName[] = [
  "amqpVersion",
  "credentials",
  "ssl",
  "sslVerify",
  "tls",
  "heartbeat",
  "connectionName",
  "exchange",
  "exchangeType",
  "exchangeArguments",
  "queue",
  "queueArguments",
  "queueType",
  "declareTopology",
  "durable",
  "messageTtl",
  "queuePriority",
  "deadLetterExchange",
  "deadLetterRoutingKey",
  "publisherConfirms",
  "mandatory",
  "appId",
];

/**
 * Checks all options together and makes the transport. Opens nothing and imports no broker client.
 *
 * @throws ConfigurationError with every problem; TransportNotInstalledError for what a package yet to come brings.
 */
export function resolve(options: RabbitMQSinkOptions, logger: Logger): Plan {
  const { values: read, origins, problems } = readOptions(options as Readonly<Record<string, unknown>>);
  const isSet = (option: OptionName) => origins.has(option) && origins.get(option)?.from !== "URL";
  const cluster = resolveEndpoints(read, origins);
  const values = withUrl(read, cluster.fromUrl, origins);
  if (!(isSet("transport") && !isSet("amqpUrl"))) problems.push(...cluster.problems);

  const choice = chooseTransport(values, isSet, cluster.endpoints[0]);
  if (choice === undefined && cluster.endpoints.length > 0) {
    const message = `nobody speaks ${cluster.endpoints[0]!.scheme}:; known are ${schemesOf(values).join(", ")}`;
    problems.push({ option: "amqpUrl", message });
  }
  const capabilities = choice && capabilitiesOf(choice);
  const topology = resolveTopology({
    ...values,
    mode: choice?.kind === "given" || capabilities?.topology === false ? "none" : values.declareTopology,
    defaultRoutingKey: table.routingKey.default,
    binding: compileTemplate(values.routingKey).binding,
    queueType: isSet("queueType") ? values.queueType : undefined,
    messageTtlMs: values.messageTtl,
    priority: values.queuePriority,
  });
  problems.push(...contradictions(values, isSet, cluster.endpoints), ...topology.problems);
  if (choice !== undefined) problems.push(...powerless(choice, values, isSet));
  if (problems.length > 0) throw new ConfigurationError(problems);
  if (choice === undefined) throw new Error("unreachable");

  const transportOptions: TransportOptions = {
    confirms: values.publisherConfirms && capabilities?.confirms !== false,
    message: {
      exchange: values.exchange,
      contentType: "application/json",
      appId: values.appId,
      persistent: values.durable,
      mandatory: values.mandatory ?? (values.publisherConfirms && capabilities?.mandatory !== false),
      ...(values.queuePriority === undefined ? {} : { priority: values.queuePriority }),
      ...(topology.expirationMs === undefined ? {} : { expirationMs: topology.expirationMs }),
    },
    topology: topology.topology,
    connectionTimeoutMs: values.connectionTimeout,
    heartbeatMs: values.heartbeat,
    connectionName: values.connectionName ?? `streamll@${hostname()}:${process.pid}`,
    ...(isEncrypted(values, cluster.endpoints)
      ? { tls: { ...values.tls, rejectUnauthorized: values.sslVerify } }
      : {}),
    ...(values.credentials === undefined ? {} : { credentials: values.credentials }),
    logger,
  };
  const transport = transportOf(choice, transportOptions);
  const late =
    choice.kind === "factory"
      ? beyond(transport.capabilities, `the transport ${transport.name}`, values, isSet)
      : [];
  if (late.length > 0) throw new ConfigurationError(late);
  const noTls = values.sslVerify ? [] : ["sslVerify is false: any certificate is accepted"];
  return {
    values,
    origins,
    endpoints: choice.kind === "given" && !isSet("amqpUrl") ? [placeOf(choice.transport)] : cluster.endpoints,
    transport,
    topology: topology.topology,
    delivery: deliveryOf(values),
    warnings: [...topology.warnings, ...noTls],
  };
}

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

/** Options that say opposite things. */
function contradictions(
  values: ResolvedOptions,
  isSet: (option: OptionName) => boolean,
  endpoints: readonly Endpoint[],
): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const problem = (option: OptionName, message: string) => problems.push({ option, message });
  if (isSet("credentials")) {
    for (const option of ["username", "password"] as const) {
      if (isSet(option)) problem(option, "credentials gives it: leave one of them out");
    }
  }
  if (values.retryBackoffMs > values.maxRetryBackoffMs) {
    problem(
      "retryBackoffMs",
      `${values.retryBackoffMs} ms is more than maxRetryBackoffMs, ${values.maxRetryBackoffMs} ms`,
    );
  }
  if (!isEncrypted(values, endpoints)) {
    const plain = "there is no TLS here: use amqps://, or ssl: true";
    if (isSet("tls")) problem("tls", plain);
    if (!values.sslVerify) problem("sslVerify", plain);
  }
  return problems;
}

function isEncrypted(values: ResolvedOptions, endpoints: readonly Endpoint[]): boolean {
  return values.ssl === true || endpoints.some(({ scheme }) => scheme === "amqps" || scheme.endsWith("+tls"));
}

/** Options that the user set and the transport cannot honour. */
function powerless(
  choice: Choice,
  values: ResolvedOptions,
  isSet: (option: OptionName) => boolean,
): ConfigurationProblem[] {
  const transport = `the transport ${nameOf(choice)}`;
  if (choice.kind === "given") {
    const late = `${transport} is made already: give it to its own constructor, or pass a factory in transports`;
    return learntAtCreation.filter(isSet).map((option) => ({ option, message: late }));
  }
  const capabilities = capabilitiesOf(choice);
  const problems = capabilities === undefined ? [] : beyond(capabilities, transport, values, isSet);
  if (choice.kind === "known" && choice.known.name === "memory" && values.ssl === true) {
    problems.push({ option: "ssl", message: `${transport} is in this process and has no TLS` });
  }
  return problems;
}

function beyond(
  capabilities: TransportCapabilities,
  transport: string,
  values: ResolvedOptions,
  isSet: (option: OptionName) => boolean,
): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  for (const option of optionNames) {
    const { needs } = rowOf(option);
    if (needs === undefined || capabilities[needs] || !isSet(option)) continue;
    if (values[option] === false || values[option] === "none") continue;
    problems.push({ option, message: `${transport} has no ${powers[needs]}${instead[option] ?? ""}` });
  }
  return problems;
}

const powers = {
  confirms: "publisher confirms",
  mandatory: "way to give back what no queue takes",
  priority: "priorities",
  ttl: "expiry of messages",
  deadLetter: "dead letters",
  topology: "exchanges and queues to declare",
} as const;

const instead: Partial<Record<OptionName, string>> = { messageTtl: "; a stream has streamMaxAgeHours" };

function transportOf(choice: Choice, options: TransportOptions): Transport {
  if (choice.kind === "given") return choice.transport;
  if (choice.kind === "factory") return choice.factory.create(options);
  const { known, reason } = choice;
  const { name, packageName, capabilities, load } = known;
  if (load === undefined || capabilities === undefined)
    throw new TransportNotInstalledError(packageName, reason);
  return lazyTransport({ name, packageName, capabilities, load }, options);
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
