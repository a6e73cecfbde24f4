import dns from "node:dns";
import { isIP, type Socket, connect as tcpConnect } from "node:net";
import { type ConnectionOptions, connect as tlsConnect } from "node:tls";
import { promisify } from "node:util";
import type { TransportTlsOptions } from "@streamll/core";

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

/** Of Node's own, in milliseconds. */
const SHORTEST_ATTEMPT = 10;

/** As `node:net` takes it: an IPv6 address of a URL without its brackets. */
export const bareHost = (host: string): string => host.replace(/^\[(.*)\]$/, "$1");

/** Said out loud, so that NODE_TLS_REJECT_UNAUTHORIZED does not decide for us. */
export const tlsOptions = (tls: TransportTlsOptions = {}): ConnectionOptions => ({
  ...(tls as ConnectionOptions),
  rejectUnauthorized: tls.rejectUnauthorized ?? true,
  minVersion: tls.minVersion ?? "TLSv1.2",
});

/**
 * How long each address of a host is tried: all have the same share of the time, and the handshake has one. By itself
 * Node goes on to the next one after 250 ms, and what is slow is never reached.
 */
export async function attemptsAt({ host, timeoutMs }: DialAddress): Promise<{
  readonly autoSelectFamilyAttemptTimeout?: number;
}> {
  if (isIP(host) !== 0) return {};
  const addresses = await promisify(dns.lookup)(host, { all: true });
  const share = Math.floor(timeoutMs / (addresses.length + 1));
  return { autoSelectFamilyAttemptTimeout: Math.max(share, SHORTEST_ATTEMPT) };
}

/** A TCP connection that `signal` destroys, whenever it aborts. It does not hold the process. */
export async function dialTcp(address: DialAddress, signal: AbortSignal): Promise<Socket> {
  const attempts = await attemptsAt(address);
  const { host, port } = address;
  return new Promise((resolve, reject) => {
    const socket = tcpConnect({ host, port, ...attempts, signal, noDelay: true, keepAlive: true });
    socket.unref();
    // Stays on: a TLS socket above takes the error over, but not in every state.
    socket.on("error", reject);
    socket.once("connect", () => resolve(socket));
  });
}

/** The same, with the TLS handshake done where the address asks for it. */
export async function dial(address: DialAddress, signal: AbortSignal): Promise<Socket> {
  const tcp = await dialTcp(address, signal);
  if (!address.tls) return tcp;
  const { host, tls } = address;
  // A name for SNI, which Node does not derive from the host; RFC 6066 allows no address there.
  const name = isIP(host) === 0 ? { servername: host } : {};
  // The zone of an IPv6 address is this machine's own, and in no certificate.
  const [identity = host] = host.split("%", 1);
  return new Promise((resolve, reject) => {
    const socket = tlsConnect({ ...name, ...tls, host: identity, socket: tcp }, () => resolve(socket));
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("Socket closed")));
  });
}
