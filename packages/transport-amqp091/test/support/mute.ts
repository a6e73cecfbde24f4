import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { Endpoint } from "@streamll/core";

/** A server that accepts, answers with `greeting` and says nothing more. */
export async function mute(
  greeting = "",
): Promise<AsyncDisposable & { endpoint: Endpoint; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.resume();
    if (greeting) socket.end(greeting);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    sockets,
    endpoint: {
      scheme: "amqp",
      host: "127.0.0.1",
      port,
      path: "",
      query: {},
      label: `amqp://127.0.0.1:${port}/`,
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
