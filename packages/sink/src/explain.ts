import type { Topology } from "@streamll/core";
import { printable, redactedDeeply } from "@streamll/core/internal";
import { groups } from "./options/option.js";
import { type Origin, showValue } from "./options/read.js";
import { type OptionName, optionNames, rowOf } from "./options/table.js";
import type { Plan } from "./resolve.js";

export interface ExplainedOption extends Origin {
  /** As one would write it; secrets are `***`, functions `a function`. Absent: not set, and no default. */
  readonly value?: unknown;
}

/** What a sink made of its options. A plain object, fit for `JSON.stringify`; holds no secret. */
export interface Explanation {
  readonly transport: string;
  /** The service that runs the broker, where the host's name says so: `"Amazon MQ"`, `"CloudAMQP"`. */
  readonly provider?: string;
  /** URLs without their passwords. */
  readonly endpoints: readonly string[];
  readonly options: Readonly<Record<OptionName, ExplainedOption>>;
  readonly topology: Topology;
}

export function explain(plan: Plan): Explanation {
  const { transport, endpoints, provider, topology } = plan;
  return {
    transport: transport.name,
    ...(provider === undefined ? {} : { provider: provider.name }),
    endpoints: endpoints.map(({ label }) => label),
    options: Object.fromEntries(optionNames.map((option) => [option, explainOption(option, plan)])) as Record<
      OptionName,
      ExplainedOption
    >,
    topology: redactedDeeply(topology) as Topology,
  };
}

function explainOption(option: OptionName, { values, origins, derived }: Plan): ExplainedOption {
  const given = showValue(option, values[option]);
  if (!origins.has(option) && derived[option] !== undefined)
    return { value: redactedDeeply(derived[option]), from: "derived" };
  return {
    ...(given === undefined ? {} : { value: given }),
    ...(origins.get(option) ?? { from: "default" }),
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
  for (const group of groups) {
    lines.push("", group);
    for (const option of optionNames.filter((one) => rowOf(one).group === group)) {
      const { value, from, variable } = options[option];
      const text = value === undefined ? "-" : typeof value === "string" ? value : JSON.stringify(value);
      lines.push(`  ${option.padEnd(22)} ${text.padEnd(36)} ${variable ?? from}`);
    }
  }
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
