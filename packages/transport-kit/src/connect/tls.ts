import { isIP, type Socket } from "node:net";
import { type ConnectionOptions, connect } from "node:tls";
import type { TransportTlsOptions } from "@streamll/core";
import { socketClosed } from "../socket/socket-faults.js";

/** Said out loud, so that NODE_TLS_REJECT_UNAUTHORIZED does not decide for us. The least version is TLS 1.2. */
export const tlsOptions = (tls: TransportTlsOptions = {}): ConnectionOptions => ({
  ...(tls as ConnectionOptions),
  rejectUnauthorized: tls.rejectUnauthorized ?? true,
  minVersion: tls.minVersion ?? "TLSv1.2",
});

/** TLS over an open connection to `host`, once its handshake is done. */
export function overTls(tcp: Socket, host: string, tls: ConnectionOptions): Promise<Socket> {
  // A name for SNI, which Node does not derive from the host; RFC 6066 allows no address there.
  const name = isIP(host) === 0 ? { servername: host } : {};
  // The zone of an IPv6 address is this machine's own, and in no certificate.
  const [identity = host] = host.split("%", 1);
  return new Promise((resolve, reject) => {
    const socket = connect({ ...name, ...tls, host: identity, socket: tcp }, () => resolve(socket));
    socket.on("error", reject);
    socket.on("close", () => reject(socketClosed()));
  });
}
