import type { ConnectionOptions } from "node:tls";
import type { Endpoint, TransportOptions } from "@streamll/core";
import { tlsOptions } from "./tls.js";

/** A host as `node:net` takes it, and a port. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** An address, and how to speak TLS there; without `tls` it is plain. */
export interface DialAddress extends Address {
  /** What a connect may take in all, in milliseconds. */
  readonly timeoutMs: number;
  readonly tls?: ConnectionOptions;
}

/** The ports of a protocol, for an endpoint that names none. */
export interface DefaultPorts {
  readonly plain: number;
  readonly tls: number;
}

/**
 * Where an endpoint is, with TLS where the options ask for it or the scheme does.
 *
 * @param tlsScheme the scheme that is encrypted whatever the options say.
 * @example
 * dialAddressOf(endpoint, options, { plain: 6379, tls: 6380 }, "rediss-streams");
 */
export function dialAddressOf(
  { scheme, host, port }: Pick<Endpoint, "scheme" | "host" | "port">,
  { tls, connectionTimeoutMs: timeoutMs }: Pick<TransportOptions, "tls" | "connectionTimeoutMs">,
  ports: DefaultPorts,
  tlsScheme?: string,
): DialAddress {
  const isEncrypted = tls !== undefined || scheme === tlsScheme;
  const address = { host: bareHost(host), port: port ?? (isEncrypted ? ports.tls : ports.plain), timeoutMs };
  return isEncrypted ? { ...address, tls: tlsOptions(tls) } : address;
}

/** As `node:net` takes it: an IPv6 address of a URL without its brackets. */
export const bareHost = (host: string): string => host.replace(/^\[(.*)\]$/, "$1");
