import { isIP, type Socket, connect as tcpConnect } from "node:net";
import { type ConnectionOptions, connect as tlsConnect } from "node:tls";
import type { Endpoint, TransportOptions, TransportTlsOptions } from "@streamll/core";
import type { Address } from "./protocol/metadata.js";

const PORT = 5552;
const TLS_PORT = 5551;

export const isEncrypted = ({ scheme }: Endpoint, { tls }: Pick<TransportOptions, "tls">): boolean =>
  tls !== undefined || scheme === "rabbitmq-stream+tls";

export function addressOf(endpoint: Endpoint, options: Pick<TransportOptions, "tls">): Address {
  const host = endpoint.host.replace(/^\[(.*)\]$/, "$1");
  return { host, port: endpoint.port ?? (isEncrypted(endpoint, options) ? TLS_PORT : PORT) };
}

/** Said out loud, so that NODE_TLS_REJECT_UNAUTHORIZED does not decide for us. */
const tlsOptions = (tls: TransportTlsOptions = {}): ConnectionOptions => ({
  ...(tls as ConnectionOptions),
  rejectUnauthorized: tls.rejectUnauthorized ?? true,
  minVersion: tls.minVersion ?? "TLSv1.2",
});

/** A connection that `signal` destroys while it is made. It does not hold the process. */
export async function dial(
  address: Address,
  endpoint: Endpoint,
  options: Pick<TransportOptions, "tls">,
  signal: AbortSignal,
): Promise<Socket> {
  const tcp = await dialTcp(address, signal);
  if (!isEncrypted(endpoint, options)) return tcp;
  const { host } = address;
  // A name for SNI, which Node does not derive from the host; RFC 6066 allows no address there.
  const name = isIP(host) === 0 ? { servername: host } : {};
  return new Promise((resolve, reject) => {
    const socket = tlsConnect({ ...name, ...tlsOptions(options.tls), host, socket: tcp }, () =>
      resolve(socket),
    );
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("Socket closed")));
  });
}

function dialTcp({ host, port }: Address, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = tcpConnect({ host, port, noDelay: true, keepAlive: true });
    socket.unref();
    const abort = () => socket.destroy(new Error("Connecting was given up"));
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    // Stays on: a TLS socket above takes the error over, but not in every state.
    socket.on("error", reject);
    socket.once("close", () => signal.removeEventListener("abort", abort));
    socket.once("connect", () => resolve(socket));
  });
}
