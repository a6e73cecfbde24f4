import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { isIP, type Socket, connect as tcpConnect } from "node:net";
import { type ConnectionOptions, connect as tlsConnect } from "node:tls";
import type { Endpoint, TransportOptions, TransportTlsOptions } from "@streamll/core";

/** Host, port and TLS settings of an endpoint, resolved. */
export interface Address {
  readonly host: string;
  readonly port: number;
  /** Present where the connection is encrypted. */
  readonly tls?: ConnectionOptions;
}

export function addressOf({ scheme, host, port }: Endpoint, options: TransportOptions): Address {
  const address = host.replace(/^\[(.*)\]$/, "$1");
  if (options.tls === undefined && scheme !== "amqps") return { host: address, port: port ?? 5672 };
  return { host: address, port: port ?? 5671, tls: tlsOptions(options.tls) };
}

/** Said out loud, so that NODE_TLS_REJECT_UNAUTHORIZED does not decide for us. */
const tlsOptions = (tls: TransportTlsOptions = {}): ConnectionOptions => ({
  ...(tls as ConnectionOptions),
  rejectUnauthorized: tls.rejectUnauthorized ?? true,
  minVersion: tls.minVersion ?? "TLSv1.2",
});

/** A TCP connection that `signal` destroys, whenever it aborts. It does not hold the process. */
export function dialTcp({ host, port }: Address, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = tcpConnect({ host, port, signal, noDelay: true, keepAlive: true });
    socket.unref();
    // Stays on: a TLS socket above takes the error over, but not in every state.
    socket.on("error", reject);
    socket.once("connect", () => resolve(socket));
  });
}

/** The same, with the TLS handshake done where the address asks for it. */
export async function dial(address: Address, signal: AbortSignal): Promise<Socket> {
  const tcp = await dialTcp(address, signal);
  if (!address.tls) return tcp;
  const { host, tls } = address;
  // A name for SNI, which Node does not derive from the host; RFC 6066 allows no address there.
  const name = isIP(host) === 0 ? { servername: host } : {};
  return new Promise((resolve, reject) => {
    const socket = tlsConnect({ ...name, ...tls, host, socket: tcp }, () => resolve(socket));
    socket.on("error", reject);
  });
}

/**
 * Catches the socket that amqplib opens while `open` runs, which it hands out only once the handshake is done;
 * before that nobody could unref it or see what came in. `undefined` where the runtime does not announce it.
 */
export function catchSocket<T>(open: () => T): { readonly result: T; readonly socket: Socket | undefined } {
  let socket: Socket | undefined;
  const announced = (message: unknown) => {
    socket = (message as { socket?: Socket }).socket;
  };
  subscribe("net.client.socket", announced);
  try {
    const result = open();
    return { result, socket };
  } finally {
    unsubscribe("net.client.socket", announced);
  }
}
