import { type Broker, brokersForTests } from "@streamll/brokers";
import type { Endpoint } from "@streamll/core";
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
