// Loaded before a block: its connections to `localhost:5672`, the sink's default, go to the broker for tests. A block
// then runs as it stands, and never writes to a broker that the reader's own programs use.
import { type NetConnectOpts, Socket } from "node:net";

const broker = process.env.STREAMLL_DOCS_BROKER;

if (broker) {
  const { hostname, port } = new URL(broker);
  const connect = Socket.prototype.connect as (this: Socket, ...args: unknown[]) => Socket;
  Socket.prototype.connect = function (this: Socket, ...args: unknown[]) {
    // `net.connect` hands over its arguments as one array, marked by a symbol: it is changed in place.
    const normalized = Array.isArray(args[0]) ? args[0] : args;
    const options: NetConnectOpts = normalized[0];
    if (typeof options === "object" && "port" in options && isDefault(options)) {
      normalized[0] = { ...options, host: hostname, port: Number(port || 5672) };
    }
    return connect.apply(this, args);
  };
}

function isDefault({ port, host }: { port: number; host?: string | undefined }): boolean {
  return Number(port) === 5672 && ["localhost", "127.0.0.1", "::1", undefined].includes(host);
}
