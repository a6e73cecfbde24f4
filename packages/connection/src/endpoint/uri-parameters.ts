import type { Endpoint } from "@streamll/core";
import { closestName } from "../options/closest-name.js";
import { builtInOf } from "../transport/registry.js";

/** RabbitMQ's URI query parameters that stand for options, those left out that name files. */
const parameters = {
  heartbeat: { option: "heartbeat", ms: 1000, name: "seconds" },
  connection_timeout: { option: "connectionTimeout", ms: 1, name: "milliseconds" },
} as const;

/** Parameters of other clients. */
const otherParameters: ReadonlySet<string> = new Set([
  ...["frameMax", "frame_max", "maxFrameSize", "channelMax", "channel_max", "locale", "auth_mechanism"],
  ...["cacertfile", "certfile", "keyfile", "password", "verify", "fail_if_no_peer_cert"],
  ...["server_name_indication", "idle_time_out", "hostname"],
]);

/** An unknown one is not named: behind a ? may be the rest of a password. */
const parameterCalled = (key: string): string =>
  otherParameters.has(key) ? `the query parameter "${key}"` : "a query parameter";

/** Whether a URL of this scheme takes them: those of brokers that a transport of ours reaches over a network. */
export const takesUriParameters = (scheme: string): boolean => builtInOf(scheme)?.ports !== undefined;

/** The options that the queries of URLs set. */
export function readUriParameters(
  endpoints: readonly Endpoint[],
  problem: (message: string) => void,
): { heartbeat?: number; connectionTimeout?: number } {
  const found: { heartbeat?: number; connectionTimeout?: number } = {};
  // Each is reported once, however many URLs there are.
  const problems = new Set<string>();
  for (const { scheme, query } of endpoints.filter((one) => takesUriParameters(one.scheme))) {
    const own = builtInOf(scheme)?.query ?? [];
    for (const [key, text] of Object.entries(query)) {
      if (own.includes(key)) continue;
      if (!Object.hasOwn(parameters, key)) {
        const allowed = [...Object.keys(parameters), ...own];
        const meant = closestName(key, allowed);
        const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
        problems.add(`${parameterCalled(key)} is unknown; allowed are ${allowed.join(", ")}${hint}`);
        continue;
      }
      const { option, ms, name } = parameters[key as keyof typeof parameters];
      const value = /^\d{1,9}$/.test(text) ? Number(text) * ms : Number.POSITIVE_INFINITY;
      if (value > 3_600_000) problems.add(`${key} must be a number of ${name}`);
      else if (found[option] !== undefined && found[option] !== value)
        problems.add(`the URLs differ in ${key}`);
      else found[option] = value;
    }
  }
  for (const message of problems) problem(message);
  return found;
}
