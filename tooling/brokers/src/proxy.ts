import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Proxy<Endpoint> extends AsyncDisposable {
  readonly endpoint: Endpoint;
  /** Passes nothing on in either direction, and keeps the connections open: a peer that died without a word. */
  goSilent(): void;
  /** Passes nothing on, also of new connections, until it thaws: a process that was stopped. */
  freeze(): void;
  thaw(): void;
  /** Reads nothing more from the client: the broker's side of the link is full. */
  stopReading(): void;
  resumeReading(): void;
  /** Ends every connection with a RST. */
  reset(): void;
  readonly connections: number;
}

interface Place {
  readonly host: string;
  readonly port?: number;
}

/** A TCP proxy in front of a broker that a test can break; `endpoint` is what leads to it, but for host and port. */
export async function proxyTo<Endpoint extends Place>(
  { host, port = 5672 }: Place,
  endpoint: Endpoint,
): Promise<Proxy<Endpoint>> {
  let frozen = false;
  const pairs = new Set<{ client: Socket; broker: Socket }>();
  const silent = new WeakSet<object>();
  const server = createServer((client) => {
    const broker = connect({ host, port });
    const pair = { client, broker };
    pairs.add(pair);
    for (const [from, to] of [
      [client, broker],
      [broker, client],
    ] as const) {
      // Whether a transport holds the process is to be seen beside it.
      from.unref();
      // What it ends in is seen at "close", which follows.
      from.on("error", () => {});
      from.on("close", () => {
        // One that died without a word does not hang up either, as the broker behind it would.
        if (silent.has(pair) && from === broker) return;
        to.destroy();
        pairs.delete(pair);
      });
      if (!frozen) from.pipe(to);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: own } = server.address() as AddressInfo;
  return {
    endpoint: { ...endpoint, host: "127.0.0.1", port: own },
    get connections() {
      return pairs.size;
    },
    goSilent() {
      for (const pair of pairs) {
        const { client, broker } = pair;
        silent.add(pair);
        client.unpipe(broker);
        broker.unpipe(client);
        client.resume();
        broker.resume();
      }
    },
    freeze() {
      frozen = true;
      for (const { client, broker } of pairs) {
        client.unpipe(broker).pause();
        broker.unpipe(client).pause();
      }
    },
    thaw() {
      frozen = false;
      for (const { client, broker } of pairs) {
        client.pipe(broker);
        broker.pipe(client);
      }
    },
    stopReading() {
      for (const { client, broker } of pairs) {
        client.unpipe(broker);
        client.pause();
      }
    },
    resumeReading() {
      for (const { client, broker } of pairs) client.pipe(broker);
    },
    reset() {
      for (const { client } of pairs) client.resetAndDestroy();
    },
    async [Symbol.asyncDispose]() {
      for (const { client, broker } of pairs) {
        client.destroy();
        broker.destroy();
      }
      server.close();
    },
  };
}
