import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { endpointOf } from "./endpoint.js";
import type { Faults } from "./options.js";

/** What {@link proxyTo} gives. */
export interface FaultProxy<Place> extends AsyncDisposable {
  /** What leads to the broker by way of the proxy. */
  readonly endpoint: Place;
  /** For {@link TransportUnderTest.faults}. */
  readonly faults: Pick<Faults, "disconnect" | "silence">;
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

interface Address {
  readonly host: string;
  readonly port?: number;
}

/**
 * A TCP proxy on loopback in front of a broker, which a test can break. What passes through it may be TLS.
 *
 * @param place what a transport is given to connect to, an endpoint or a URL.
 * @param broker where the proxy leads, where that is not the place.
 * @example
 * const proxy = await proxyTo("redis://localhost:6379/");
 * testTransport({ endpoint: proxy.endpoint, faults: { ...proxy.faults, refuse, block, throttle }, … });
 */
export async function proxyTo<Place extends Address | string>(
  place: Place,
  broker: Address = addressOf(place),
): Promise<FaultProxy<Place>> {
  const { host, port } = broker;
  if (port === undefined)
    throw new TypeError("The proxy needs the port of the broker: name it in the endpoint.");
  let frozen = false;
  const pairs = new Set<{ client: Socket; broker: Socket }>();
  const silent = new WeakSet<object>();
  // What one side has ended the other may still answer.
  const allowHalfOpen = true;
  const server = createServer({ allowHalfOpen }, (client) => {
    const upstream = connect({ host, port, allowHalfOpen });
    const pair = { client, broker: upstream };
    pairs.add(pair);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      // Whether a transport holds the process is to be seen beside it.
      from.unref();
      // What it ends in is seen at "close", which follows.
      from.on("error", () => {});
      from.on("end", () => {
        if (silent.has(pair)) from.end();
      });
      from.on("close", () => {
        // One that died without a word does not hang up either, as the broker behind it would.
        if (silent.has(pair) && from === upstream) return;
        to.destroy();
        pairs.delete(pair);
      });
      if (!frozen) from.pipe(to);
    }
  });
  server.unref();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: own } = server.address() as AddressInfo;
  const proxy: FaultProxy<Place> = {
    endpoint: by(place, own),
    faults: {
      disconnect: () => proxy.reset(),
      silence() {
        proxy.freeze();
        return () => proxy.thaw();
      },
    },
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
  return proxy;
}

function addressOf(place: Address | string): Address {
  if (typeof place !== "string") return place;
  const { host, port } = endpointOf(place);
  return port === undefined ? { host } : { host, port };
}

/** The same place, by another port on loopback. */
function by<Place extends Address | string>(place: Place, port: number): Place {
  if (typeof place !== "string") return { ...(place as Address), host: "127.0.0.1", port } as Place;
  // URL changes neither host nor port of a scheme that it does not know, where the host is empty.
  return place.replace(/^([a-z0-9+.-]+:\/\/(?:[^@/?#]*@)?)[^/?#]*/i, `$1127.0.0.1:${port}`) as Place;
}
