import type { Socket } from "node:net";
import { type Endpoint, TransportError, type TransportOptions } from "@streamll/core";
import { isTransportError, textOf } from "@streamll/core/internal";
import { connectDeadline } from "./deadline.js";
import { bareHost, dial, tlsOptions } from "./dial.js";
import { type SocketFault, socketFaultOf } from "./socket-fault.js";

/** Where to, and with what a transport was made. */
export interface SocketTarget {
  readonly endpoint: Endpoint;
  /** Where the endpoint names none. */
  readonly port: number;
  readonly options: Pick<TransportOptions, "connectionTimeoutMs" | "tls">;
  /** The one of `connect`. */
  readonly signal: AbortSignal;
}

/**
 * What `connect` of a transport over TCP or TLS begins with: an open socket, unref'd, and the protocol's handshake on
 * it, all within `connectionTimeoutMs`. Whatever fails, and whenever `signal` aborts meanwhile, the socket is destroyed
 * and the promise rejects.
 *
 * @param handshake makes what is given: of what it throws, a `TransportError` stays as it is.
 * @throws TransportError
 * @example
 * connect: (endpoint, _lane, signal) =>
 *   connectSocket({ endpoint, port: 6379, options, signal }, async (socket) => {
 *     await login(socket);
 *     return connectionOn(socket);
 *   })
 */
export async function connectSocket<T>(
  { endpoint, port, options, signal }: SocketTarget,
  handshake: (socket: Socket) => T | Promise<T>,
): Promise<T> {
  const { label } = endpoint;
  let socket: Socket | undefined;
  const reached = () => (socket === undefined ? "nothing" : "host");
  const deadline = connectDeadline(label, options.connectionTimeoutMs, signal, reached);
  try {
    const address = {
      host: bareHost(endpoint.host),
      port: endpoint.port ?? port,
      timeoutMs: options.connectionTimeoutMs,
    };
    const tls = options.tls && { tls: tlsOptions(options.tls) };
    const dialling = dial({ ...address, ...tls }, deadline.signal);
    socket = await deadline.race(dialling);
    return await deadline.race(Promise.race([Promise.resolve(handshake(socket)), lostBefore(socket)]));
  } catch (error) {
    socket?.destroy();
    if (deadline.signal.aborted) throw deadline.signal.reason;
    throw asTransportError(error, label);
  } finally {
    deadline.done();
  }
}

/** A peer that hangs up in the middle of a handshake says nothing more. */
function lostBefore(socket: Socket): Promise<never> {
  return new Promise((_, reject) => {
    socket.once("error", reject);
    socket.once("close", () => reject(hungUp()));
    if (socket.destroyed) reject(socket.errored ?? hungUp());
  });
}

const hungUp = () =>
  Object.assign(new Error("the other end hung up during the handshake"), { code: "ECONNRESET" });

const verdicts: Readonly<
  Record<SocketFault, readonly [TransportError["kind"], permanent: boolean, hint: string]>
> = {
  timeout: ["timeout", false, "The host does not answer: see its name, address and firewall"],
  "unknown-host": ["unreachable", false, "Check the host's name"],
  unreachable: ["unreachable", false, "Check host and port, and that the broker runs"],
  plain: ["tls", true, "The port does not speak TLS"],
  "certificate-required": [
    "tls",
    true,
    "The broker asks for a certificate of yours: set tls.cert and tls.key",
  ],
  certificate: ["tls", true, "Check the certificate: tls.ca, tls.servername"],
};

function asTransportError(error: unknown, label: string): TransportError {
  if (isTransportError(error)) return error;
  const fault = socketFaultOf(error);
  if (fault === undefined)
    return new TransportError("protocol", `${label}: ${textOf(error)}`, { cause: error });
  const [kind, permanent, hint] = verdicts[fault];
  return new TransportError(kind, `${label}: ${textOf(error)}. ${hint}`, { cause: error, permanent });
}
