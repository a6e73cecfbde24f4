import type { Endpoint, Topology, Transport } from "@streamll/core";
import { printable, redactedDeeply } from "@streamll/core/internal";
import { type ExplainedOption, explainOptions, formatOptions } from "./options/explain.js";
import type { ConnectingTable, Connection } from "./resolve-connection.js";

/** What a sink or a consumer made of its options. A plain object, fit for `JSON.stringify`; holds no secret. */
export interface Explanation<OptionName extends string = string> {
  readonly transport: string;
  /** The service that runs the broker, where the host's name says so: `"Amazon MQ"`, `"CloudAMQP"`. */
  readonly provider?: string;
  /** URLs without their passwords. */
  readonly endpoints: readonly string[];
  /** Those of transports of your own too. */
  readonly options: Readonly<Record<OptionName, ExplainedOption>> & Readonly<Record<string, ExplainedOption>>;
  readonly topology: Topology;
}

/** What is explained. */
export interface Explained {
  readonly connection: Connection<ConnectingTable>;
  /** Values that follow from other options where the user set none. */
  readonly derived: Readonly<Record<string, unknown>>;
  readonly transport: Transport;
  readonly endpoints: readonly Endpoint[];
  readonly topology: Topology;
}

export function explain<OptionName extends string>({
  connection,
  derived,
  transport,
  endpoints,
  topology,
}: Explained): Explanation<OptionName> {
  const { provider } = connection;
  return {
    transport: transport.name,
    ...(provider === undefined ? {} : { provider: provider.name }),
    endpoints: endpoints.map(({ label }) => label),
    options: explainOptions(connection, derived) as Explanation<OptionName>["options"],
    topology: redactedDeeply(topology) as Topology,
  };
}

/** An explanation as text, an option a line, under the headings that `groupOf` gives. */
export function formatExplanation(
  { transport, provider, endpoints, options, topology }: Explanation,
  groupOf: (option: string) => string | undefined,
): string {
  const lines = [`transport ${transport}`];
  if (provider !== undefined) lines.push(`provider  ${provider}`);
  lines.push(...endpoints.map((endpoint) => `endpoint  ${endpoint}`));
  lines.push(...formatOptions(options, (option) => groupOf(option) ?? `${transport} only`));
  lines.push("", `Topology (${topology.mode})`);
  for (const { name, type } of topology.exchanges) lines.push(`  exchange ${name} (${type})`);
  for (const { name, arguments: args } of topology.queues) {
    lines.push(`  queue ${name}${Object.keys(args).length === 0 ? "" : ` ${JSON.stringify(args)}`}`);
  }
  for (const { exchange, queue, pattern } of topology.bindings) {
    lines.push(`  binding ${exchange} -> ${queue} "${pattern}"`);
  }
  return lines.map(printable).join("\n");
}
