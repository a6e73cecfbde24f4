import { type Endpoint, TransportError } from "@streamll/core";
import type { Address, ConnectAttempt, DialAddress, Login } from "@streamll/transport-kit";
import { addressOf } from "./address.js";
import { failure } from "./failure.js";
import type { AddressResolver, StreamsTransportOptions } from "./options.js";
import { openSession, type Session } from "./session.js";

/** Behind a load balancer each connection reaches some node: so many tries for the one that is wanted. */
const TRIES = 10;

/** What connecting to a node of the broker needs. */
export interface Reaching {
  readonly options: StreamsTransportOptions;
  readonly endpoint: Endpoint;
  readonly credentials: Login;
  readonly connectionName: string;
  readonly attempt: ConnectAttempt;
}

/** Connects to the node that the endpoint names, or to any behind it: it knows where the others are. */
export const openLocator = (reaching: Reaching): Promise<Session> =>
  open(reaching, addressOf(reaching.endpoint, reaching.options));

async function open(
  { endpoint, options, connectionName, credentials: login, attempt }: Reaching,
  address: DialAddress,
): Promise<Session> {
  const session = await openSession({ address, endpoint, options, connectionName, login, attempt });
  attempt.onFailure((error) => session.wire.end(error as Error));
  return session;
}

export const isSame = (one: Address | undefined, other: Address): boolean =>
  one !== undefined && one.host === other.host && one.port === other.port;

/**
 * Connects to the node of this address, as brokers know it.
 *
 * @param what the node is, for messages: `the leader of events`.
 * @throws TransportError
 */
export async function openNode(reaching: Reaching, node: Address, what: string): Promise<Session> {
  const { options, endpoint } = reaching;
  const dialled = addressOf(endpoint, options);
  const { streamAddressResolver } = options.own;
  if (streamAddressResolver === undefined) {
    const place = `${endpoint.label}: ${what}, ${node.host}:${node.port}`;
    return open(reaching, { ...dialled, ...node }).catch((error: unknown) => {
      const { kind, permanent, message } = failure(error, "publisher", place);
      const hint =
        "It is the address that the broker gives (advertised_host): set streamAddressResolver to map it";
      const text = kind === "unreachable" || kind === "timeout" ? `${place}: ${message}. ${hint}` : message;
      throw new TransportError(kind, text, { cause: error, permanent });
    });
  }
  for (let left = TRIES; ; left--) {
    const session = await open(reaching, {
      ...dialled,
      ...addressed(streamAddressResolver, node, endpoint),
    });
    // Any node passes on what is for the other.
    if (isSame(session.node, node) || left === 1) return session;
    session.wire.end(new Error("Another node than the one that is wanted"));
  }
}

function addressed(resolve: AddressResolver, node: Address, { label }: Endpoint): Address {
  try {
    const { host, port } = resolve(node);
    if (typeof host === "string" && Number.isInteger(port)) return { host, port };
  } catch (cause) {
    throw new TransportError("unreachable", `${label}: streamAddressResolver failed`, { cause });
  }
  throw new TransportError("unreachable", `${label}: streamAddressResolver gave no { host, port }`);
}
