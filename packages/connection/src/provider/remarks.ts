import type { ConfigurationProblem, Endpoint } from "@streamll/core";
import type { ConnectionValues } from "../options/connection-table.js";
import type { Provider } from "./provider.js";

export interface Remarks {
  readonly problems: readonly ConfigurationProblem[];
  readonly warnings: readonly string[];
}

/** What these options ask for and the provider does not have. `onStreams`: RabbitMQ's stream protocol is spoken. */
export function remarksOnConnection(
  provider: Provider,
  values: ConnectionValues,
  endpoints: readonly Endpoint[],
  onStreams: boolean,
): Remarks {
  const { name } = provider;
  const problems: ConfigurationProblem[] = [];
  const warnings: string[] = [];
  if (!provider.streams && onStreams) {
    const isUrl = endpoints.some(({ scheme }) => scheme.startsWith("rabbitmq-stream"));
    problems.push(
      isUrl && !values.useStreams
        ? { option: "amqpUrl", message: `${name} has no streams: write amqps://` }
        : { option: "useStreams", message: `${name} has no streams: leave it out` },
    );
  }
  if (!provider.guest && !hasLogin(values, endpoints)) {
    const message = `${name} has no user guest: give username and password, in the URL or as options`;
    problems.push({ option: "amqpUrl", message });
  }
  if (provider.namesVhostAsUser && endpoints.some(({ path }) => path === "/")) {
    warnings.push(
      `amqpUrl: the virtual host is "/"; the one that ${name} makes is named as the user, so end the URL with /USER`,
    );
  }
  return { problems, warnings };
}

const hasLogin = ({ credentials, tls }: ConnectionValues, endpoints: readonly Endpoint[]): boolean =>
  credentials !== undefined ||
  endpoints.every(
    ({ username = (tls?.cert ?? tls?.pfx) === undefined ? "guest" : "" }) => username !== "guest",
  );
