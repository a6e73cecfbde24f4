import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { Connection, ConnectionOptions, Container } from "rhea";
import { WebSocketServer } from "ws";

export interface Listener {
  readonly port: number;
  /** Breaks all sockets off. */
  drop(): void;
  close(): Promise<void>;
}

/** The certificate and its key, PEM. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
}

/** AMQP and AMQP over WebSockets on one port: the first bytes tell which. */
export async function listen(container: Container, certificate?: ServerCertificate): Promise<Listener> {
  const sockets = new Set<Socket>();
  const web = webSockets(container);
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
  };
  const accept = (socket: Socket) => {
    keep(socket);
    socket.setNoDelay(true);
    // Whether a client holds the process is to be seen beside it; the listening socket holds this server's.
    socket.unref();
    socket.once("data", (first: Buffer) => {
      socket.pause();
      socket.unshift(first);
      if (first.toString("latin1", 0, 4) === "GET ") web.emit("connection", socket);
      else freeTimers(container.create_connection(served)).accept(socket);
      socket.resume();
    });
  };
  const server = certificate ? createTlsServer(certificate, accept) : createServer(accept);
  // Below TLS, whose handshake may be under way.
  if (certificate) server.on("connection", keep);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  const drop = () => {
    // An error, since rhea hears of no plain close.
    for (const socket of sockets) socket.destroy(new Error("dropped on command"));
  };
  return {
    port: (server.address() as AddressInfo).port,
    drop,
    async close() {
      drop();
      server.close();
      await once(server, "close");
    },
  };
}

/** Not undefined: rhea would look for a file of settings. */
const served = {} as ConnectionOptions;

/** rhea's own, which it sets anew for each frame. */
function freeTimers(connection: Connection): Connection {
  for (const name of ["heartbeat_in", "heartbeat_out"]) {
    let timer: NodeJS.Timeout | undefined;
    Object.defineProperty(connection, name, {
      get: () => timer,
      set(next?: NodeJS.Timeout) {
        timer = next?.unref();
      },
    });
  }
  return connection;
}

/** The path and the subprotocol are those of the service. */
function webSockets(container: Container) {
  const server = new WebSocketServer({ noServer: true, handleProtocols: () => protocol });
  const http = createHttpServer((_request, response) => response.writeHead(404).end());
  return http.on("upgrade", (request, socket, head) => {
    const offered = request.headers["sec-websocket-protocol"]?.split(/, */) ?? [];
    const refusal =
      request.url !== path ? "404 Not Found" : offered.includes(protocol) ? undefined : "400 Bad Request";
    if (refusal) {
      socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\n\r\n`);
      return;
    }
    server.handleUpgrade(request, socket, head, (webSocket) => {
      container.websocket_accept(webSocket as unknown as Socket, served);
    });
  });
}

const path = "/$servicebus/websocket";
const protocol = "AMQPWSB10";
