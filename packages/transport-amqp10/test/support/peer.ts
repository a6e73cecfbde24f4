import type { AddressInfo, Server, Socket } from "node:net";
import type { Endpoint } from "@streamll/core";
import rhea, { type Connection, type Container, type EventContext, type Receiver } from "rhea";

export interface PeerOptions {
  /** Granted to each link as it attaches. */
  readonly credit?: number;
  readonly maxMessageSize?: number;
  /** How often it wants to hear something. */
  readonly idleTimeoutMs?: number;
  /** What it offers, in this order. */
  readonly mechanisms?: readonly ("ANONYMOUS" | "PLAIN")[];
  /** Of its open frame. */
  readonly properties?: Record<string, string>;
  /** What to answer to a message; by default it is left without. */
  readonly answer?: (context: EventContext) => void;
}

/** The other end, in this process: a server of rhea that answers as a test says. */
export interface Peer extends AsyncDisposable {
  readonly endpoint: Endpoint;
  readonly container: Container;
  readonly connections: readonly Connection[];
  readonly sockets: readonly Socket[];
  readonly links: readonly Receiver[];
  /** Transfers, in order. */
  readonly received: readonly EventContext[];
  /** User names and passwords of PLAIN. */
  readonly logins: readonly [user: string, password: string][];
}

export async function startPeer(own: PeerOptions = {}): Promise<Peer> {
  const {
    credit = 5000,
    mechanisms = ["PLAIN"],
    maxMessageSize,
    idleTimeoutMs,
    properties,
    answer = () => {},
  } = own;
  const container = rhea.create_container({ id: "peer" });
  const connections: Connection[] = [];
  const sockets: Socket[] = [];
  const links: Receiver[] = [];
  const received: EventContext[] = [];
  const logins: [string, string][] = [];
  for (const mechanism of mechanisms) {
    if (mechanism === "ANONYMOUS") container.sasl_server_mechanisms.enable_anonymous();
    else
      container.sasl_server_mechanisms.enable_plain((user: string, password: string) =>
        logins.push([user, password]),
      );
  }
  container.on("connection_open", ({ connection }) => connections.push(connection));
  container.on("receiver_open", ({ receiver }) => {
    links.push(receiver!);
    // Without one it would be a refusal.
    receiver!.set_target({ address: receiver!.target.address });
    receiver!.add_credit(credit);
  });
  container.on("message", (context) => {
    received.push(context);
    answer(context);
  });
  for (const event of [
    "disconnected",
    "connection_close",
    "connection_error",
    "session_close",
    "session_error",
  ])
    container.on(event, () => {});
  for (const event of ["receiver_close", "receiver_error", "protocol_error", "error"])
    container.on(event, () => {});
  const server: Server = container.listen({
    port: 0,
    host: "127.0.0.1",
    session_buffer_size: 10_000,
    ...(properties === undefined ? {} : { properties }),
    ...(idleTimeoutMs === undefined ? {} : { idle_time_out: idleTimeoutMs }),
    receiver_options: {
      autoaccept: false,
      credit_window: 0,
      ...(maxMessageSize === undefined ? {} : { max_message_size: maxMessageSize }),
    },
  });
  server.on("connection", (socket) => sockets.push(socket.unref().setNoDelay()));
  server.unref();
  if (!server.listening) await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    container,
    connections,
    sockets,
    links,
    received,
    logins,
    endpoint: {
      scheme: "amqp",
      host: "127.0.0.1",
      port,
      username: "user",
      password: "päss",
      path: "",
      query: {},
      label: `amqp://user:***@127.0.0.1:${port}/`,
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
