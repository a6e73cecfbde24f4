import type { ConfigurationProblem, Endpoint, TransportDescription } from "@streamll/core";
import { isRefusal, type Refusal } from "@streamll/core/options";
import type { ConnectionValues } from "../options/connection-table.js";
import type { Origin } from "../options/read.js";
import { isUpgraded, remarkOnTls } from "../provider/encryption.js";
import type { Provider } from "../provider/provider.js";
import { providerOf } from "../provider/providers.js";
import { builtInOf } from "../transport/registry.js";
import { asksForWebSocket, isConnectionString, parseConnectionString } from "./connection-string.js";
import { parseEndpoint, withLabel } from "./parse-endpoint.js";
import { readUriParameters } from "./uri-parameters.js";

export interface ResolvedEndpoints {
  readonly endpoints: readonly Endpoint[];
  /** Values that the URLs set for options. */
  readonly fromUrl: Readonly<Record<string, unknown>>;
  /** Who runs the broker, where its host says so. */
  readonly provider: Provider | undefined;
  readonly problems: readonly ConfigurationProblem[];
  readonly warnings: readonly string[];
}

/** The addresses of one cluster, with TLS and user as the options have them. */
export function resolveEndpoints(
  values: ConnectionValues,
  origins: ReadonlyMap<string, Origin>,
): ResolvedEndpoints {
  const option = origins.get("amqpUrl")?.variable ?? "amqpUrl";
  const problems: ConfigurationProblem[] = [];
  const problem = (message: string) => problems.push({ option, message });
  const warnings = new Set<string>();
  const endpoints: Endpoint[] = [];
  const urls = values.amqpUrl;
  if (urls.length > 1 && urls.some(isConnectionString)) problem("a connection string must be the only URL");
  const fromUrl: Record<string, unknown> = {};
  for (const [index, url] of urls.entries()) {
    const place = urls.length > 1 ? `URL ${index + 1}: ` : "";
    const isParts = isConnectionString(url);
    const endpoint = isParts ? parseConnectionString(url) : asAmqp(parseEndpoint(url));
    if (isRefusal(endpoint)) {
      problem(`${place}${endpoint.message}`);
      continue;
    }
    if (isParts && asksForWebSocket(url)) fromUrl.webSocket = true;
    const provider = providerOf(endpoint.host);
    const remark = provider && remarkOnTls(provider, endpoint, values.ssl);
    if (remark?.warning) warnings.add(remark.warning);
    if (remark?.problem) {
      problems.push({ option: remark.about ?? option, message: `${place}${remark.problem}` });
    } else if (values.ssl === false && endpoint.scheme === "amqps") {
      const message = `is false, but ${endpoint.label} asks for TLS: write amqp://`;
      problems.push({ option: "ssl", message });
    } else {
      endpoints.push(withOptions(endpoint, values));
    }
  }
  const schemes = [...new Set(endpoints.map(({ scheme }) => scheme))];
  if (schemes.length > 1)
    problem(`the URLs of one cluster must have one scheme; these have ${schemes.join(" and ")}`);
  Object.assign(fromUrl, readUriParameters(endpoints, problem));
  if (endpoints[0]?.username !== undefined) fromUrl.username = endpoints[0].username;
  if (endpoints[0]?.password !== undefined) fromUrl.password = endpoints[0].password;
  const provider = endpoints.map(({ host }) => providerOf(host)).find((one) => one !== undefined);
  return { endpoints, fromUrl, provider, problems, warnings: [...warnings] };
}

/** What Azure calls `sb:` is AMQP over TLS. */
function asAmqp(endpoint: Endpoint | Refusal): Endpoint | Refusal {
  if (isRefusal(endpoint) || endpoint.scheme !== "sb") return endpoint;
  return withLabel({ ...endpoint, scheme: "amqps" });
}

/** Credentials given as options stay as they are: a key of Azure has + and / in it. */
function withOptions(endpoint: Endpoint, { ssl, username, password }: ConnectionValues): Endpoint {
  return withLabel({
    ...endpoint,
    scheme: isUpgraded(endpoint, ssl) ? "amqps" : endpoint.scheme,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  });
}

/** With the transport's default port where a URL has none, and with labels that show it. */
export const withPorts = (
  endpoints: readonly Endpoint[],
  description: TransportDescription | undefined,
): readonly Endpoint[] =>
  endpoints.map((endpoint) => {
    const { scheme } = endpoint;
    const port = endpoint.port ?? description?.ports?.[scheme] ?? builtInOf(scheme)?.ports?.[scheme];
    return withLabel({ ...endpoint, ...(port === undefined ? {} : { port }) });
  });
