import type { Socket } from "node:net";
import { type Endpoint, TransportError, type TransportOptions } from "@streamll/core";
import { isTransportError, textOf } from "@streamll/core/internal";
import { classifySocketError } from "../socket/socket-faults.js";
import { errorOf } from "../verdict.js";
import { dialAddressOf } from "./address.js";
import { connectWithin } from "./connect-within.js";
import { dial } from "./dial.js";

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
export function connectSocket<T>(
  { endpoint, port, options, signal }: SocketTarget,
  handshake: (socket: Socket) => T | Promise<T>,
): Promise<T> {
  const { label } = endpoint;
  const address = dialAddressOf(endpoint, options, { plain: port, tls: port });
  const failure = (error: unknown) => asTransportError(error, label);
  return connectWithin(
    { label, timeoutMs: options.connectionTimeoutMs, signal, failure },
    async (attempt) => {
      const socket = await attempt.race(dial(address, attempt));
      attempt.onFailure(() => socket.destroy());
      attempt.reached("host");
      return await attempt.race(Promise.race([Promise.resolve(handshake(socket)), lostBefore(socket)]));
    },
  );
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

function asTransportError(error: unknown, label: string): TransportError {
  if (isTransportError(error)) return error;
  const verdict = classifySocketError(error, {
    timeout: "The host does not answer: see its name, address and firewall",
  });
  const text = `${label}: ${textOf(error)}`;
  return verdict ? errorOf(verdict, text, error) : new TransportError("protocol", text, { cause: error });
}
