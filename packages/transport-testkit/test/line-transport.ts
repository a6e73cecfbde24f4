import { connect, type Socket } from "node:net";
import {
  type OutboundMessage,
  type Transport,
  type TransportConnection,
  TransportError,
  type TransportOptions,
} from "@streamll/core";
import { onLines } from "./line-server.js";

/** What somebody who writes such a transport may get wrong; each is `false` in the right one. */
export interface Mistakes {
  /** `close()` ends the socket, whatever is in flight. */
  readonly closesAtOnce: boolean;
  /** `drainedBytes` is the socket's `bytesWritten`, in which Node counts what still waits. */
  readonly countsWaitingBytes: boolean;
  /** A peer is given up after one heartbeat. */
  readonly isImpatient: boolean;
  /** Nothing waits for the answer to a PING: it goes to the message that waits. */
  readonly forgetsPing: boolean;
  /** A PING waits for an answer, and its answer is thrown away as no message's. */
  readonly skipsPong: boolean;
}

const none = { mandatory: false, priority: false, ttl: false, deadLetter: false, topology: false };

/** A transport to a {@link LineServer}. */
export const lineTransport = (options: TransportOptions, mistakes: Partial<Mistakes>): Transport => ({
  name: "lines",
  capabilities: { ...none, confirms: true, deduplication: false },
  async connect({ host, port = 0 }, _lane, signal) {
    const socket = connect({ host, port }).unref();
    const late = AbortSignal.any([signal, AbortSignal.timeout(options.connectionTimeoutMs)]);
    const giveUp = () => socket.destroy();
    late.addEventListener("abort", giveUp);
    if (late.aborted) giveUp();
    const error = await new Promise<Error | undefined>((resolve) => {
      socket.on("error", resolve).once("close", () => resolve(new Error("closed")));
      // A frozen peer is connected to as well: only its answer says that it is there.
      socket.once("connect", () => socket.write("PING\n")).once("data", () => resolve(undefined));
    });
    late.removeEventListener("abort", giveUp);
    if (error === undefined && !late.aborted) return connectionOn(socket, options, mistakes);
    socket.destroy();
    throw new TransportError("unreachable", "not connected", { cause: error });
  },
});

function connectionOn(
  socket: Socket,
  { confirms, heartbeatMs }: TransportOptions,
  mistakes: Partial<Mistakes>,
): TransportConnection {
  const waiting: ((answer: string) => void)[] = [];
  let failure: TransportError | undefined = new TransportError("unreachable", "the server hung up");
  let silentFor = 0;
  socket.on("error", () => {});
  onLines(socket, (answer) => {
    silentFor = 0;
    if (answer !== "pong" || !mistakes.skipsPong) waiting.shift()?.(answer);
  });

  const beat = () => {
    silentFor++;
    if (silentFor > (mistakes.isImpatient ? 2 : 4)) {
      failure = new TransportError("timeout", "nothing came for two heartbeats");
      socket.destroy();
      return;
    }
    if (!mistakes.forgetsPing) waiting.push(() => {});
    socket.write("PING\n");
  };
  const heart = setInterval(beat, heartbeatMs / 2).unref();
  const closed = new Promise<TransportError | undefined>((resolve) => {
    socket.once("close", () => {
      clearInterval(heart);
      resolve(failure);
    });
  });

  return {
    closed,
    publish(batch, settle) {
      if (socket.destroyed) return;
      for (const [index, message] of batch.entries()) {
        waiting.push((answer) => {
          const error = new TransportError("throttled", "the server is full");
          if (answer === "full") settle(index, index + 1, { kind: "refused", error });
          else settle(index, index + 1, { kind: confirms ? "confirmed" : "written" });
        });
        socket.write(lineOf(message));
      }
    },
    onFlow: (listener) => listener({ credit: Number.POSITIVE_INFINITY }),
    async close(signal) {
      failure = undefined;
      if (mistakes.closesAtOnce || signal.aborted) socket.destroy();
      else if (!socket.writableEnded) socket.end("QUIT\n");
      signal.addEventListener("abort", () => socket.destroy(), { once: true });
      await closed;
    },
    drainedBytes: () => socket.bytesWritten - (mistakes.countsWaitingBytes ? 0 : socket.writableLength),
  };
}

function lineOf(message: OutboundMessage): string {
  const { messageId, routingKey, correlationId, type, headers } = message;
  const body = message.body().toString("base64");
  return `${JSON.stringify({ messageId, routingKey, correlationId, type, headers, body })}\n`;
}
