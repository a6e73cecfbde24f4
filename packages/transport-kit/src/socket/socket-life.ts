import type { Socket } from "node:net";
import type { TransportError } from "@streamll/core";
import { isTransportError, textOf } from "@streamll/core/internal";
import { type ConnectionLife, connectionLife } from "../connection-life.js";
import { errorOf } from "../verdict.js";
import { classifySocketError, socketClosed } from "./socket-faults.js";

export interface SocketLifeSetup {
  /** The endpoint's, for messages. */
  readonly label: string;
  /**
   * Says what makes the peer answer everything and hang up, such as a QUIT. Default: ends the writing side, which is
   * right for a peer that answers what it has read before it hangs up.
   */
  goodbye?(): void;
}

export interface SocketLife extends ConnectionLife {
  /** Ends the connection because of `error`, which `closed` then gives. Later ones are ignored. */
  fail(error: TransportError): void;
}

/**
 * `closed` and `close` of a connection that is one socket, as `connectSocket` gave it: hears the socket's errors and its
 * close. Call it in the turn in which the handshake begins: from then on no error of the socket is thrown.
 *
 * @example
 * const life = socketLife(socket, { label, goodbye: () => socket.write("QUIT\r\n") });
 * if (odd) life.fail(new TransportError("protocol", `${label}: not a Redis`));
 * return { closed: life.closed, close: life.close, publish, onFlow };
 */
export function socketLife(
  socket: Socket,
  { label, goodbye = () => void socket.end() }: SocketLifeSetup,
): SocketLife {
  let cause: Error | undefined;
  socket.on("error", (error) => {
    cause ??= error;
  });
  const gone = new Promise<TransportError>((resolve) => {
    const tell = () => resolve(asTransportError(cause ?? socket.errored ?? socketClosed(), label));
    if (socket.closed) tell();
    else socket.once("close", tell);
  });
  const life = connectionLife({
    gone,
    async goodbye() {
      if (!socket.destroyed) goodbye();
      await gone;
    },
    destroy: () => void socket.destroy(),
  });
  return { ...life, fail: (error) => void socket.destroy(error) };
}

function asTransportError(error: Error, label: string): TransportError {
  if (isTransportError(error)) return error;
  const verdict = classifySocketError(error) ?? { kind: "protocol", permanent: false };
  return errorOf(verdict, `${label}: ${textOf(error)}`, error);
}
