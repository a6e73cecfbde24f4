import type { ConfigurationProblem, Endpoint } from "@streamll/core";
import { Refusal } from "../options/option.js";
import type { Origin } from "../options/read.js";
import type { OptionName, ResolvedOptions } from "../options/table.js";
import { isUpgraded, remarkOnTls } from "../provider/encryption.js";
import { type Provider, providerOf } from "../provider/provider.js";
import { amqp091, streams } from "../transport/known.js";
import { isConnectionString, parseConnectionString } from "./connection-string.js";
import { isAmqp, parseEndpoint, withLabel } from "./parse-endpoint.js";

export interface ResolvedEndpoints {
  readonly endpoints: readonly Endpoint[];
  /** What the URLs say of options that the user did not set. */
  readonly fromUrl: Partial<Record<OptionName, unknown>>;
  /** Who runs the broker, where its host says so. */
  readonly provider: Provider | undefined;
  readonly problems: readonly ConfigurationProblem[];
  readonly warnings: readonly string[];
}

const HTTPS_PORT = 443;

/** The addresses of one cluster, with what options say of TLS, user and port. */
export function resolveEndpoints(
  values: ResolvedOptions,
  origins: ReadonlyMap<OptionName, Origin>,
): ResolvedEndpoints {
  const option = origins.get("amqpUrl")?.variable ?? "amqpUrl";
  const problems: ConfigurationProblem[] = [];
  const problem = (message: string) => problems.push({ option, message });
  const warnings = new Set<string>();
  const endpoints: Endpoint[] = [];
  const urls = values.amqpUrl;
  if (urls.length > 1 && urls.some(isConnectionString)) problem("a connection string stands alone");
  for (const [index, url] of urls.entries()) {
    const place = urls.length > 1 ? `URL ${index + 1}: ` : "";
    const endpoint = isConnectionString(url) ? parseConnectionString(url) : asAmqp(parseEndpoint(url));
    if (endpoint instanceof Refusal) {
      problem(`${place}${endpoint.message}`);
      continue;
    }
    const provider = providerOf(endpoint.host);
    const remark = provider && remarkOnTls(provider, endpoint, values.ssl);
    if (remark?.warning) warnings.add(remark.warning);
    if (remark?.problem) {
      problems.push({ option: remark.about ?? option, message: `${place}${remark.problem}` });
    } else if (values.ssl === false && endpoint.scheme === "amqps") {
      problems.push({
        option: "ssl",
        message: `is false, and ${endpoint.label} asks for TLS: write amqp://`,
      });
    } else {
      endpoints.push(finished(endpoint, values));
    }
  }
  const schemes = [...new Set(endpoints.map(({ scheme }) => scheme))];
  if (schemes.length > 1)
    problem(`the URLs of one cluster have one scheme; these are ${schemes.join(" and ")}`);
  const fromUrl = readQueries(endpoints, problem);
  if (endpoints[0]?.username !== undefined) fromUrl.username = endpoints[0].username;
  if (endpoints[0]?.password !== undefined) fromUrl.password = endpoints[0].password;
  const provider = endpoints.map(({ host }) => providerOf(host)).find((one) => one !== undefined);
  return { endpoints, fromUrl, provider, problems, warnings: [...warnings] };
}

/** What Azure calls `sb:` is AMQP over TLS. */
function asAmqp(endpoint: Endpoint | Refusal): Endpoint | Refusal {
  if (endpoint instanceof Refusal || endpoint.scheme !== "sb") return endpoint;
  return withLabel({ ...endpoint, scheme: "amqps" });
}

/** Credentials given as options stay as they are: a key of Azure has + and / in it. */
function finished(endpoint: Endpoint, { ssl, username, password, webSocket }: ResolvedOptions): Endpoint {
  const scheme = isUpgraded(endpoint, ssl) ? "amqps" : endpoint.scheme;
  const port = endpoint.port ?? (webSocket && isAmqp(scheme) ? HTTPS_PORT : amqp091.ports?.[scheme]);
  return withLabel({
    ...endpoint,
    scheme,
    ...(port === undefined ? {} : { port }),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  });
}

/** Of RabbitMQ's URI query parameters, those that do not name files. */
const queryOptions = {
  heartbeat: { option: "heartbeat", ms: 1000, name: "seconds" },
  connection_timeout: { option: "connectionTimeout", ms: 1, name: "milliseconds" },
} as const;

function readQueries(endpoints: readonly Endpoint[], problem: (message: string) => void) {
  const found: Partial<Record<OptionName, unknown>> = {};
  for (const { scheme, query } of endpoints) {
    const isStream = streams.schemes.includes(scheme);
    if (!isAmqp(scheme) && !isStream) continue;
    for (const [key, text] of Object.entries(query)) {
      if (isStream && key === "amqp_port") {
        if (!/^\d{1,5}$/.test(text)) problem("amqp_port must be a port");
        continue;
      }
      if (!Object.hasOwn(queryOptions, key)) {
        const allowed = [...Object.keys(queryOptions), ...(isStream ? ["amqp_port"] : [])].join(", ");
        const name = JSON.stringify(key.slice(0, 60));
        problem(`the query parameter ${name} is not known; allowed are ${allowed}`);
        continue;
      }
      const { option, ms, name } = queryOptions[key as keyof typeof queryOptions];
      const value = Number(text) * ms;
      if (!/^\d+$/.test(text) || value > 3_600_000) problem(`${key} must be a number of ${name}`);
      else if (found[option] !== undefined && found[option] !== value) problem(`the URLs differ in ${key}`);
      else found[option] = value;
    }
  }
  return found;
}
