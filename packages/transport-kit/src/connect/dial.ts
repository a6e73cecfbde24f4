import dns from "node:dns";
import { connect, isIP, type Socket } from "node:net";
import { promisify } from "node:util";
import type { DialAddress } from "./address.js";
import type { ConnectAttempt } from "./connect-within.js";
import { overTls } from "./tls.js";

/** Of Node's own, in milliseconds. */
const SHORTEST_ATTEMPT = 10;

/**
 * An option for `net.connect`: how long each address of a host is tried: all have the same share of the time, and the handshake has one. By itself
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

/**
 * A TCP connection that `signal` destroys, whenever it aborts, also once it is open. It does not hold the process.
 *
 * @throws what Node says of the name or the socket; {@link classifySocketError} reads it.
 */
export async function dialTcp(address: DialAddress, signal: AbortSignal): Promise<Socket> {
  const attempts = await attemptsAt(address);
  const { host, port } = address;
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, ...attempts, signal, noDelay: true, keepAlive: true });
    socket.unref();
    // Stays on: a TLS socket above takes the error over, but not in every state.
    socket.on("error", reject);
    socket.once("connect", () => resolve(socket));
  });
}

/**
 * The same, with the TLS handshake done where the address asks for it.
 *
 * @param attempt is told when the port has taken the connection and TLS begins.
 * @example
 * const socket = await attempt.race(dial(dialAddressOf(endpoint, options, { plain: 6379, tls: 6380 }), attempt));
 */
export async function dial(
  address: DialAddress,
  attempt: Pick<ConnectAttempt, "signal"> & Partial<Pick<ConnectAttempt, "reached">>,
): Promise<Socket> {
  const tcp = await dialTcp(address, attempt.signal);
  if (address.tls === undefined) return tcp;
  attempt.reached?.("port");
  return overTls(tcp, address.host, address.tls);
}
