import type { Endpoint } from "@streamll/core";
import { resolveOptions } from "@streamll/core/options";
import type { FakeServiceBus } from "@streamll/fake-service-bus";
import { type ServiceBusTransportOptions, serviceBusDialect } from "../../../src/azure/dialect.js";
import { type ServiceBusOptions, serviceBusOptions } from "../../../src/azure/options.js";
import { amqp10 } from "../../../src/transport.js";
import { open } from "../../support/connect.js";
import { defaults, options } from "../../support/options.js";

export const QUEUE = "events";

/** Where the server is, as the sink reads it out of a connection string. */
export function endpointOf({ host, port, connectionString, ca }: FakeServiceBus): Endpoint {
  const [, username = "", password = ""] =
    /SharedAccessKeyName=([^;]+);SharedAccessKey=([^;]+)/.exec(connectionString) ?? [];
  const scheme = ca === undefined ? "amqp" : "amqps";
  const label = `${scheme}://${username}:***@${host}:${port}/`;
  return { scheme, host, port, username, password, path: "/", query: {}, label };
}

export interface BusOptions
  extends Partial<Omit<ServiceBusTransportOptions, "own">>,
    Pick<ServiceBusOptions, "credential" | "webSocket"> {
  /** Attached to at once. */
  readonly first?: string | undefined;
  /** Of what a key signs. Default: an hour. */
  readonly tokenLifeMs?: number;
}

/** To the queue that `exchange` names, unless told otherwise. */
export function busOptions(given: BusOptions = {}): ServiceBusTransportOptions {
  const { first = QUEUE, tokenLifeMs: _, credential, webSocket, ...others } = given;
  return {
    ...options({
      message: defaults({ exchange: QUEUE, mandatory: false }),
      topology: { mode: "passive", exchanges: [], bindings: [], queues: [{ name: first, arguments: {} }] },
      ...others,
    }),
    own: resolveOptions(serviceBusOptions, { credential, webSocket }),
  };
}

export const busTransport = (own: BusOptions = {}) => {
  const all = busOptions(own);
  return amqp10(all, serviceBusDialect(all, own.tokenLifeMs));
};

export const openBus = (bus: FakeServiceBus, own: BusOptions = {}, endpoint = endpointOf(bus)) =>
  open(endpoint, {}, busTransport(bus.ca === undefined ? own : { tls: { ca: bus.ca }, ...own }));
