import {
  ConfigurationError,
  type TransportCapabilities,
  type TransportConnection,
  TransportError,
  type TransportFactory,
  type TransportOptions,
} from "@streamll/core";
import { memoryConnection, type Peer } from "./connection.js";
import { declareTopology } from "./topology.js";

export const capabilitiesFor = ({ confirms }: TransportOptions): TransportCapabilities => ({
  confirms,
  mandatory: true,
  priority: true,
  ttl: true,
  deadLetter: true,
  deduplication: false,
  topology: true,
});

/** A transport to one broker, whatever the endpoint says. */
export function transportTo(peer: Peer): TransportFactory {
  return {
    schemes: ["memory"],
    create(options) {
      assertPlain(options);
      return {
        name: "memory",
        capabilities: capabilitiesFor(options),
        connect: (_endpoint, _lane, signal) => connect(peer, options, signal),
      };
    },
  };
}

/** @throws ConfigurationError where TLS is asked for. */
export function assertPlain({ tls }: TransportOptions): void {
  if (tls === undefined) return;
  throw new ConfigurationError([{ option: "tls", message: "a broker in this process has no TLS" }]);
}

async function connect(
  peer: Peer,
  options: TransportOptions,
  signal: AbortSignal,
): Promise<TransportConnection> {
  const { condition, router, label } = peer;
  try {
    await answered(peer, options, signal);
    if (condition.refusing) throw new TransportError("unreachable", "the broker takes no connections");
    declareTopology(router, options.topology);
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    const { kind, permanent } = error;
    throw new TransportError(kind, `${label}: ${error.message}`, { permanent });
  }
  return memoryConnection(peer, options);
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
