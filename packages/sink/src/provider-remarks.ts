import type { Provider } from "@streamll/connection/internal";
import type { ConfigurationProblem } from "@streamll/core";
import type { ResolvedOptions } from "./options/table.js";

/** What these options declare and the provider does not have, or does not have on every plan. */
export function remarksOnTopology(
  { name, streams, exchangeTypes, quorumByDefault, smallest }: Provider,
  values: ResolvedOptions,
  isSet: (option: string) => boolean,
): { readonly problems: readonly ConfigurationProblem[]; readonly warnings: readonly string[] } {
  const problems: ConfigurationProblem[] = [];
  const warnings: string[] = [];
  if (!streams && values.queueArguments?.["x-queue-type"] === "stream") {
    const message = `${name} has no streams: x-queue-type can be "classic" or "quorum"`;
    problems.push({ option: "queueArguments", message });
  }
  const { exchangeType } = values;
  if (exchangeType.startsWith("x-") && exchangeTypes?.includes(exchangeType) === false)
    warnings.push(`exchangeType: ${name} does not list a plugin that brings ${exchangeType}`);
  if (quorumByDefault && values.queuePriority !== undefined && !isSet("queueType")) {
    warnings.push(
      `queuePriority: ${name} makes quorum queues since ${quorumByDefault}, which refuse x-max-priority; set queueType`,
    );
  }
  if (values.connectionPoolSize > smallest.connections) {
    warnings.push(
      `connectionPoolSize: ${values.connectionPoolSize} connections of this program alone; all programs together may have ${smallest.connections} on the smallest plan of ${name} (${smallest.plan})`,
    );
  }
  return { problems, warnings };
}
