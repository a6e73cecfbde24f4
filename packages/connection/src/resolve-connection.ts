import { hostname } from "node:os";
import type {
  ConfigurationProblem,
  Endpoint,
  Logger,
  SharedOptions,
  Transport,
  TransportConfiguration,
  TransportOptions,
} from "@streamll/core";
import type { ResolvedOptions } from "@streamll/core/options";
import { resolveEndpoints, withPorts } from "./endpoint/endpoints.js";
import { closestName } from "./options/closest-name.js";
import type { ConnectionValues, connectionTable } from "./options/connection-table.js";
import { type Origin, readOptions } from "./options/read.js";
import type { Row, Rows } from "./options/row.js";
import { factoriesIn } from "./options/transport-kinds.js";
import type { Provider } from "./provider/provider.js";
import { remarksOnConnection } from "./provider/remarks.js";
import { type Choice, chooseTransport, descriptionOf, nameOf, supportedSchemes } from "./transport/choose.js";
import { readOwnOptions, rowsWith } from "./transport/own-options.js";
import { unknownParameters } from "./transport/query.js";
import { streams } from "./transport/registry.js";
import { schemesOf } from "./transport/schemes.js";
import { type Asked, streamsRefused, unsupportedBy } from "./transport/support.js";
import { encryptionProblems, isEncrypted } from "./transport/tls.js";

/** The table of a class that connects: the shared rows and its own. */
export type ConnectingTable = typeof connectionTable & Rows;

export interface ConnectionRequest<Table extends ConnectingTable> {
  readonly table: Table;
  /** By the name `amqpUrl`, see `resolveNamed`. */
  readonly given: Readonly<Record<string, unknown>>;
  /** Of the class, for errors. */
  readonly className: string;
}

/** What the options say of the broker, of the way to it and of who speaks to it. */
export interface Connection<Table extends ConnectingTable> {
  readonly values: ResolvedOptions<Table>;
  /** Of what does not have its default. */
  readonly origins: ReadonlyMap<string, Origin>;
  /** Every option that there is, those of the transports too. */
  readonly rows: Rows;
  /** The options of the chosen transport's own, resolved. */
  readonly own: Readonly<Record<string, unknown>>;
  /** `undefined` where the scheme is unsupported, which is a problem already. */
  readonly choice: Choice | undefined;
  /** As the URLs have them. */
  readonly endpoints: readonly Endpoint[];
  /** Who runs the broker, where its host says so. */
  readonly provider: Provider | undefined;
  readonly problems: readonly ConfigurationProblem[];
  readonly warnings: readonly string[];
  /** Whether the user set the option, other than in the URL. */
  isSet(option: string): boolean;
}

/**
 * Reads all options together, and chooses the transport. Opens nothing and loads nothing.
 *
 * @throws ConfigurationError where the options are not an object; all else is in `problems`.
 */
export function resolveConnection<Table extends ConnectingTable>({
  table,
  given,
  className,
}: ConnectionRequest<Table>): Connection<Table> {
  const example = `new ${className}({ ${className.startsWith("RabbitMQ") ? "amqpUrl" : "url"}: "amqp://…" })`;
  const { values: read, origins, rest, problems: misread } = readOptions(table, given, example);
  const isSet = (option: string) => origins.has(option) && origins.get(option)?.from !== "URL";
  const factories = factoriesIn(given);
  const cluster = resolveEndpoints(read as ConnectionValues, origins);
  const values = withUrl(read, cluster.fromUrl, origins);
  const shared = values as ConnectionValues;
  const [endpoint] = cluster.endpoints;
  const choice = chooseTransport({
    values: shared,
    endpoint,
    asked: [...rest].filter(([, value]) => value !== false).map(([option]) => option),
    needsDeduplication: Object.keys(table).some(
      (option) =>
        (table[option] as Row).needs === "deduplication" &&
        isSet(option) &&
        (values as Record<string, unknown>)[option] !== false,
    ),
  });
  const { own, problems: misowned } = readOwnOptions({
    given: rest,
    fromUrl: cluster.fromUrl,
    origins,
    chosen: descriptionOf(choice),
    chosenName: choice && nameOf(choice),
    factories,
    table,
    className,
  });
  const problems = [...misread, ...misowned];
  if (!(isSet("transport") && !isSet("amqpUrl"))) problems.push(...cluster.problems);
  if (
    choice === undefined &&
    endpoint !== undefined &&
    !misread.some(({ option }) => option === "transports")
  ) {
    problems.push({
      option: origins.get("amqpUrl")?.variable ?? "amqpUrl",
      message: unsupportedScheme(endpoint.scheme, supportedSchemes(shared)),
    });
  }
  const asked: Asked = { table, values: values as Readonly<Record<string, unknown>>, isSet };
  problems.push(...encryptionProblems(shared, isSet, cluster.endpoints, choice));
  problems.push(...streamsRefused(choice, rest, asked));
  if (isSet("credentials") && isSet("password"))
    problems.push({ option: "password", message: "credentials gives it: leave out one of them" });
  const onStreams = choice !== undefined && nameOf(choice) === streams.name;
  const { provider } = cluster;
  const remarks = provider && remarksOnConnection(provider, shared, cluster.endpoints, onStreams);
  problems.push(...(remarks?.problems ?? []));
  if (choice !== undefined) {
    problems.push(...unsupportedBy(choice, asked));
    problems.push(...unknownParameters(choice, cluster.endpoints));
  }
  const unverified = values.sslVerify ? [] : ["sslVerify is false: any certificate is accepted"];
  return {
    values,
    origins,
    rows: rowsWith(table, factories),
    own,
    choice,
    endpoints: cluster.endpoints,
    provider,
    problems,
    warnings: [...cluster.warnings, ...(remarks?.warnings ?? []), ...unverified],
    isSet,
  };
}

function withUrl<Values>(
  values: Values,
  fromUrl: Readonly<Record<string, unknown>>,
  origins: Map<string, Origin>,
): Values {
  const merged = { ...values } as Record<string, unknown>;
  const url = origins.has("amqpUrl");
  for (const [option, value] of Object.entries(fromUrl)) {
    if (origins.has(option) || !(option in merged)) continue;
    merged[option] = value;
    if (url) origins.set(option, { from: "URL" });
  }
  return merged as Values;
}

type AnyConnection = Connection<ConnectingTable>;

/** What the transport makes of the options; the endpoints with ports and labels. */
export function configureTransport(
  { choice, own, endpoints, isSet }: AnyConnection,
  shared: SharedOptions,
): TransportConfiguration & Required<Pick<TransportConfiguration, "endpoints">> {
  const description = descriptionOf(choice);
  const configuration = description?.configure?.({ own, shared, isSet, endpoints }) ?? {};
  return { ...configuration, endpoints: withPorts(configuration.endpoints ?? endpoints, description) };
}

/** Where a transport of the user's own leads, which no URL says. */
export function endpointsOf(
  { choice, isSet }: AnyConnection,
  configured: readonly Endpoint[],
): readonly Endpoint[] | undefined {
  if (!isSet("transport") || isSet("amqpUrl")) return configured;
  const isDefault =
    choice?.kind === "factory" &&
    configured.every(({ scheme }) => schemesOf(choice.factory).includes(scheme));
  return isDefault ? configured : undefined;
}

/** Stands for the address of a transport that has none. */
export const placeOf = ({ name }: Transport): Endpoint => ({
  scheme: name,
  host: "",
  path: "",
  query: {},
  label: name,
});

/** What the options of the connection tell a transport. */
export function connectionSettings(
  { values: given, own, choice, endpoints }: AnyConnection,
  logger: Logger,
): Omit<TransportOptions, "confirms" | "message" | "topology" | "publisherName"> {
  const values: ConnectionValues = given;
  return {
    connectionTimeoutMs: values.connectionTimeout,
    heartbeatMs: values.heartbeat,
    connectionName: values.connectionName ?? `streamll@${hostname()}:${process.pid}`,
    ...(isEncrypted(values, endpoints, choice)
      ? { tls: { ...values.tls, rejectUnauthorized: values.sslVerify } }
      : {}),
    ...(values.credentials === undefined ? {} : { credentials: values.credentials }),
    own,
    logger,
  };
}

function unsupportedScheme(scheme: string, supported: readonly string[]): string {
  const meant = closestName(scheme, supported);
  const hint = /^https?$/.test(scheme)
    ? "; RabbitMQ takes events at amqp:, by default on port 5672"
    : meant === undefined
      ? ""
      : `; did you mean ${meant}:?`;
  return `unsupported scheme "${scheme}:"; supported are ${supported.join(", ")}${hint}`;
}
