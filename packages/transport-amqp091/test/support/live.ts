import { type Broker, brokersForTests, connectionsOf, type ListedConnection } from "@streamll/brokers";
import type { Endpoint } from "@streamll/core";
import { vi } from "vitest";
import { parse } from "./endpoint.js";

/** A broker with its endpoints, as the transport takes them. */
export interface Live extends Pick<Broker, "generation" | "owned" | "ca" | "ctl" | "manage"> {
  readonly endpoint: Endpoint;
  readonly tls: Endpoint;
}

export const brokers: readonly Live[] = brokersForTests().map((broker) => ({
  generation: broker.generation,
  owned: broker.owned,
  endpoint: parse(broker.url),
  ctl: broker.ctl,
  manage: (...request) => broker.manage(...request),
  get tls() {
    return parse(broker.tlsUrl);
  },
  get ca() {
    return broker.ca;
  },
}));

/** The one connection whose name begins so, once the broker's books have it. */
export const listed = (broker: Pick<Broker, "manage">, connectionName: string): Promise<ListedConnection> =>
  vi.waitFor(
    async () => {
      const [first, ...more] = (await connectionsOf(broker)).filter(({ client_properties }) =>
        client_properties.connection_name?.startsWith(connectionName),
      );
      if (!first || more.length > 0) throw new Error(`not one connection ${connectionName}`);
      return first;
    },
    { timeout: 30_000, interval: 50 },
  );
