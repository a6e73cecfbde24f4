import type { ConfigurationProblem, Endpoint } from "@streamll/core";
import type { ConnectionValues } from "../options/connection-table.js";
import { type Choice, descriptionOf } from "./choose.js";
import { withoutTls } from "./support.js";

/** Whether the connection is to be encrypted. */
export const isEncrypted = (
  { ssl }: ConnectionValues,
  endpoints: readonly Endpoint[],
  choice: Choice | undefined,
): boolean => ssl === true || endpoints.some((endpoint) => asksForTls(endpoint, choice));

const asksForTls = ({ scheme }: Endpoint, choice: Choice | undefined): boolean =>
  scheme === "amqps" ||
  scheme.endsWith("+tls") ||
  descriptionOf(choice)?.tlsSchemes?.includes(scheme) === true;

/** Where the options of TLS contradict the URL. */
export function encryptionProblems(
  values: ConnectionValues,
  isSet: (option: string) => boolean,
  endpoints: readonly Endpoint[],
  choice: Choice | undefined,
): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const problem = (option: string, message: string) => problems.push({ option, message });
  const encrypted = endpoints.find((endpoint) => asksForTls(endpoint, choice));
  if (values.ssl === false && encrypted !== undefined)
    problem("ssl", `is false, but ${encrypted.label} asks for TLS: leave it out`);
  if (isEncrypted(values, endpoints, choice)) return problems;
  const hasNone = choice?.kind === "factory" && choice.factory.tlsSchemes === undefined;
  const scheme = choice?.kind === "factory" ? choice.factory.tlsSchemes?.[0] : undefined;
  const reason = hasNone ? withoutTls(choice) : `needs TLS: use ${scheme ?? "amqps"}://, or ssl: true`;
  if (isSet("tls")) problem("tls", reason);
  if (!values.sslVerify) problem("sslVerify", reason);
  return problems;
}
