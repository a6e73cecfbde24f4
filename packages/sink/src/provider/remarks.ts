import type { ConfigurationProblem, Endpoint } from "@streamll/core";
import type { OptionName, ResolvedOptions } from "../options/table.js";
import type { Provider } from "./provider.js";

export interface Remarks {
  readonly problems: ConfigurationProblem[];
  readonly warnings: string[];
}

/** What these options ask for and the provider does not have, or may not have on every plan. */
export function remarksOn(
  provider: Provider,
  values: ResolvedOptions,
  isSet: (option: OptionName) => boolean,
  endpoints: readonly Endpoint[],
): Remarks {
  const { name, smallest } = provider;
  const problems: ConfigurationProblem[] = [];
  const problem = (option: OptionName, message: string) => problems.push({ option, message });
  const warnings: string[] = [];

  if (!provider.streams) {
    const instead = `${name} has no streams`;
    if (values.useStreams) problem("useStreams", `${instead}: leave it out`);
    if (endpoints.some(({ scheme }) => scheme.startsWith("rabbitmq-stream")))
      problem("amqpUrl", `${instead}: write amqps://`);
    if (values.queueArguments?.["x-queue-type"] === "stream")
      problem("queueArguments", `${instead}: x-queue-type can be "classic" or "quorum"`);
  }
  if (!provider.guest && !hasLogin(values, endpoints)) {
    const message = `${name} has no user guest: give username and password, in the URL or as options`;
    problem("amqpUrl", message);
  }
  const { exchangeType } = values;
  if (exchangeType.startsWith("x-") && provider.exchangeTypes?.includes(exchangeType) === false) {
    warnings.push(`exchangeType: ${name} does not list a plugin that brings ${exchangeType}`);
  }
  if (provider.quorumByDefault && values.queuePriority !== undefined && !isSet("queueType")) {
    warnings.push(
      `queuePriority: ${name} makes quorum queues since ${provider.quorumByDefault}, which refuse x-max-priority; set queueType`,
    );
  }
  if (provider.namesVhostAsUser && endpoints.some(({ path }) => path === "/")) {
    warnings.push(
      `amqpUrl: the virtual host is "/"; the one that ${name} makes is named as the user, so end the URL with /USER`,
    );
  }
  if (values.connectionPoolSize > smallest.connections) {
    warnings.push(
      `connectionPoolSize: ${values.connectionPoolSize} connections of this program alone; all programs together may have ${smallest.connections} on the smallest plan of ${name} (${smallest.plan})`,
    );
  }
  return { problems, warnings };
}

const hasLogin = ({ credentials, tls }: ResolvedOptions, endpoints: readonly Endpoint[]): boolean =>
  credentials !== undefined ||
  endpoints.every(
    ({ username = (tls?.cert ?? tls?.pfx) === undefined ? "guest" : "" }) => username !== "guest",
  );
