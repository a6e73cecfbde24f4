import type { Endpoint } from "@streamll/core";
import { withLabel } from "../endpoint/parse-endpoint.js";
import { amqp091Description } from "../transport/descriptions.js";
import type { Provider } from "./provider.js";
import { providerOf } from "./providers.js";

const { amqp: PLAIN_PORT, amqps: TLS_PORT } = amqp091Description.ports;

/** Whether amqp:// means TLS: where `ssl` says so, and to a provider unless its plain port is asked for. */
export function isUpgraded({ scheme, host, port }: Endpoint, ssl: boolean | undefined): boolean {
  if (scheme !== "amqp" || ssl !== undefined) return scheme === "amqp" && ssl === true;
  const provider = providerOf(host);
  return provider !== undefined && !(provider.plainText && port === PLAIN_PORT);
}

export interface TlsRemark {
  readonly problem?: string;
  /** The option at fault, where it is not the URL. */
  readonly about?: "ssl";
  readonly warning?: string;
}

/** What this provider refuses, or what was surely not meant. */
export function remarkOnTls(
  { name, plainText }: Provider,
  given: Endpoint,
  ssl: boolean | undefined,
): TlsRemark {
  const meant = withLabel({ ...given, scheme: "amqps", port: TLS_PORT }).label;
  if (!plainText && ssl === false) {
    return { about: "ssl", problem: `is false, but ${name} takes TLS only: leave it out` };
  }
  if (!plainText && given.port === PLAIN_PORT) {
    return { problem: `${name} takes TLS only, on port ${TLS_PORT}: write ${meant}` };
  }
  if (given.scheme !== "amqp" || ssl === true) return {};
  const warning = isUpgraded(given, ssl)
    ? `${name} is reached with TLS: amqp:// is taken as amqps://, so write ${meant}`
    : `the password and all events go to ${name} as plain text: write ${meant}`;
  return { warning: `amqpUrl: ${warning}` };
}
