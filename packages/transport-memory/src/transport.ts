import {
  ConfigurationError,
  type Consuming,
  type Endpoint,
  type Transport,
  TransportError,
  type TransportFactory,
  type TransportOptions,
} from "@streamll/core";
import { grantedCapabilities } from "@streamll/core/internal";
import { memoryConnection } from "./connection.js";
import { memoryDescription } from "./description.js";
import type { Peer } from "./peer.js";
import { memorySubscription } from "./subscription.js";
import { declareTopology } from "./topology.js";

/** What one broker does for who comes to it with these options. */
interface Doors {
  readonly connect: Transport["connect"];
  readonly subscribe: Consuming["subscribe"];
}

/** @throws ConfigurationError from `create()` where TLS is asked for. */
export const factory = (doorsOf: (options: TransportOptions, endpoint: Endpoint) => Doors) => ({
  ...memoryDescription,
  create(options: TransportOptions): Transport {
    if (options.tls !== undefined) {
      throw new ConfigurationError([{ option: "tls", message: "a broker in this process has no TLS" }]);
    }
    return {
      name: memoryDescription.name,
      capabilities: grantedCapabilities(memoryDescription.capabilities, options),
      connect: (endpoint, ...rest) => doorsOf(options, endpoint).connect(endpoint, ...rest),
      consuming: {
        ...memoryDescription.consuming,
        subscribe: (endpoint, ...rest) => doorsOf(options, endpoint).subscribe(endpoint, ...rest),
      },
    };
  },
});

/** A transport to one broker, whatever the endpoint says. */
export const transportTo = (peer: Peer): TransportFactory =>
  factory((options) => ({
    connect: (_endpoint, _lane, signal) =>
      opened(peer, options, signal, () => memoryConnection(peer, options)),
    subscribe: (_endpoint, request, signal) =>
      opened(peer, options, signal, () => memorySubscription(peer, options, request)),
  }));

/** Connects and declares; then `look` finds what is to be used. */
async function opened<T>(
  peer: Peer,
  options: TransportOptions,
  signal: AbortSignal,
  look: () => T,
): Promise<T> {
  const { condition, router, label } = peer;
  try {
    await answered(peer, options, signal);
    if (condition.refusing) throw new TransportError("unreachable", "the broker takes no connections");
    declareTopology(router, options.topology);
    return look();
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    const { kind, permanent } = error;
    throw new TransportError(kind, `${label}: ${error.message}`, { permanent });
  }
}

/** Settles in a later turn of the event loop, and not before a silent broker wakes. */
function answered(
  { condition }: Peer,
  { connectionTimeoutMs }: TransportOptions,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer);
      condition.clients.delete(client);
      signal.removeEventListener("abort", aborted);
    };
    const fail = (error: TransportError) => {
      done();
      reject(error);
    };
    const aborted = () => fail(new TransportError("unreachable", "connecting was given up"));
    const late = () =>
      fail(new TransportError("timeout", `not connected in ${connectionTimeoutMs} ms: the broker is silent`));
    const greet = () => {
      if (condition.silent) return;
      done();
      resolve();
    };
    const client = { changed: greet, drop: fail };
    const timer = setTimeout(late, connectionTimeoutMs).unref();
    condition.clients.add(client);
    signal.addEventListener("abort", aborted, { once: true });
    if (signal.aborted) aborted();
    else setImmediate(greet);
  });
}
