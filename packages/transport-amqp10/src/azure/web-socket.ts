import type { Duplex } from "node:stream";
import type { ConnectionOptions } from "node:tls";
import { notLoaded } from "@streamll/core/internal";
import { attemptsAt, type DialAddress, socketClosed } from "@streamll/transport-kit";
import type { WebSocketOptions } from "./options.js";

/** The path and the subprotocol by which Service Bus speaks AMQP there. */
const PATH = "$servicebus/websocket";
const PROTOCOL = "AMQPWSB10";

/**
 * A web socket as a stream of bytes, which `signal` destroys whenever it aborts. It does not hold the process.
 *
 * @throws TransportNotInstalledError where `ws` is not installed.
 */
export async function dialWebSocket(
  address: DialAddress,
  { agent }: WebSocketOptions,
  signal: AbortSignal,
): Promise<Duplex> {
  const { WebSocket, createWebSocketStream } = await load();
  const { host, port, tls } = address;
  // With a proxy the host's name is for that one to resolve.
  const attempts = agent === undefined ? await attemptsAt(address) : {};
  const name = host.includes(":") ? `[${host}]` : host;
  const url = `${tls ? "wss" : "ws"}://${name}:${port}/${PATH}`;
  const socket = new WebSocket(url, [PROTOCOL], {
    ...(tls as ConnectionOptions | undefined),
    ...attempts,
    ...(agent === undefined ? {} : { agent }),
    perMessageDeflate: false,
  });
  const stream = createWebSocketStream(socket);
  socket.once("upgrade", ({ socket: tcp }) => tcp.unref());
  // Half of a web socket cannot be open.
  stream.once("end", () => stream.destroy());
  return new Promise((resolve, reject) => {
    stream.on("error", reject);
    stream.on("close", () => reject(socketClosed()));
    socket.once("open", () => resolve(stream));
    const abort = () => stream.destroy(signal.reason as Error);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}

/** In a `try`: so a bundler knows that it may be missing. */
async function load(): Promise<typeof import("ws")> {
  try {
    return await import("ws");
  } catch (error) {
    throw notLoaded("ws", "webSocket", error);
  }
}
