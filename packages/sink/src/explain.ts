import type { ExplainedOption } from "@streamll/connection";
import { explainOptions, formatOptions } from "@streamll/connection/internal";
import type { Topology } from "@streamll/core";
import { printable, redactedDeeply } from "@streamll/core/internal";
import { allRows, type OptionName } from "./options/table.js";
import type { Plan } from "./resolve.js";

/** What a sink made of its options. A plain object, fit for `JSON.stringify`; holds no secret. */
export interface Explanation {
  readonly transport: string;
  /** The service that runs the broker, where the host's name says so: `"Amazon MQ"`, `"CloudAMQP"`. */
  readonly provider?: string;
  /** URLs without their passwords. */
  readonly endpoints: readonly string[];
  /** Those of transports of your own too. */
  readonly options: Readonly<Record<OptionName, ExplainedOption>> & Readonly<Record<string, ExplainedOption>>;
  readonly topology: Topology;
}

export function explain({ connection, derived, transport, endpoints, topology }: Plan): Explanation {
  const { provider } = connection;
  return {
    transport: transport.name,
    ...(provider === undefined ? {} : { provider: provider.name }),
    endpoints: endpoints.map(({ label }) => label),
    options: explainOptions(connection, derived) as Explanation["options"],
    topology: redactedDeeply(topology) as Topology,
  };
}

/**
 * An explanation as text, an option a line.
 *
 * @example
 * console.log(formatExplanation(new RabbitMQSink().explain()));
 */
export function formatExplanation(explanation: Explanation): string {
  const { transport, provider, endpoints, options, topology } = explanation;
  const lines = [`transport ${transport}`];
  if (provider !== undefined) lines.push(`provider  ${provider}`);
  lines.push(...endpoints.map((endpoint) => `endpoint  ${endpoint}`));
  lines.push(...formatOptions(options, (option) => allRows[option]?.group ?? `${transport} only`));
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
