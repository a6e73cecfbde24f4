import type { ConfigurationProblem, Endpoint } from "@streamll/core";
import { closestName } from "../options/closest-name.js";
import { Refusal } from "../options/option.js";
import type { Origin } from "../options/read.js";
import type { OptionName, ResolvedOptions } from "../options/table.js";
import { isUpgraded, remarkOnTls } from "../provider/encryption.js";
import type { Provider } from "../provider/provider.js";
import { providerOf } from "../provider/providers.js";
import { amqp091, streams } from "../transport/known.js";
import { asksForWebSocket, isConnectionString, parseConnectionString } from "./connection-string.js";
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
  let webSocket = values.webSocket;
  for (const [index, url] of urls.entries()) {
    const place = urls.length > 1 ? `URL ${index + 1}: ` : "";
    const isParts = isConnectionString(url);
    const endpoint = isParts ? parseConnectionString(url) : asAmqp(parseEndpoint(url));
    if (endpoint instanceof Refusal) {
      problem(`${place}${endpoint.message}`);
      continue;
    }
    if (isParts && asksForWebSocket(url) && !origins.has("webSocket")) webSocket = {};
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
      endpoints.push(finished(endpoint, { ...values, webSocket }));
    }
  }
  const schemes = [...new Set(endpoints.map(({ scheme }) => scheme))];
  if (schemes.length > 1)
    problem(`the URLs of one cluster have one scheme; these are ${schemes.join(" and ")}`);
  const fromUrl = readQueries(endpoints, problem);
  if (webSocket !== values.webSocket) fromUrl.webSocket = webSocket;
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

/** Of other clients. */
const otherParameters: ReadonlySet<string> = new Set([
  ...["frameMax", "frame_max", "maxFrameSize", "channelMax", "channel_max", "locale", "auth_mechanism"],
  ...["cacertfile", "certfile", "keyfile", "password", "verify", "fail_if_no_peer_cert"],
  ...["server_name_indication", "idle_time_out", "hostname"],
]);

/** One that nobody knows is not named: behind a ? may be the rest of a password. */
const parameterCalled = (key: string): string =>
  otherParameters.has(key) ? `the query parameter "${key}"` : "a query parameter";

function readQueries(endpoints: readonly Endpoint[], problem: (message: string) => void) {
  const found: Partial<Record<OptionName, unknown>> = {};
  // Said once, however many there are.
  const wrong = new Set<string>();
  for (const { scheme, query } of endpoints) {
    const isStream = streams.schemes.includes(scheme);
    if (!isAmqp(scheme) && !isStream) continue;
    for (const [key, text] of Object.entries(query)) {
      if (isStream && key === "amqp_port") {
        if (!/^\d{1,5}$/.test(text)) wrong.add("amqp_port must be a port");
        continue;
      }
      if (!Object.hasOwn(queryOptions, key)) {
        const allowed = [...Object.keys(queryOptions), ...(isStream ? ["amqp_port"] : [])];
        const meant = closestName(key, allowed);
        const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
        wrong.add(`${parameterCalled(key)} is not known; allowed are ${allowed.join(", ")}${hint}`);
        continue;
      }
      const { option, ms, name } = queryOptions[key as keyof typeof queryOptions];
      const value = /^\d{1,9}$/.test(text) ? Number(text) * ms : Number.POSITIVE_INFINITY;
      if (value > 3_600_000) wrong.add(`${key} must be a number of ${name}`);
      else if (found[option] !== undefined && found[option] !== value) wrong.add(`the URLs differ in ${key}`);
      else found[option] = value;
    }
  }
  for (const message of wrong) problem(message);
  return found;
}
