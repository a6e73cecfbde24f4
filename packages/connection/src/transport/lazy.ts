import type {
  Endpoint,
  Transport,
  TransportCapabilities,
  TransportFactory,
  TransportOptions,
} from "@streamll/core";
import { grantedCapabilities } from "@streamll/core/internal";

export interface LazyTransport {
  readonly name: string;
  readonly capabilities: TransportCapabilities;
  /** Of a broker that partitions. */
  readonly partitions?: number | undefined;
  /** Called once. What it rejects with says why the package was not loaded. */
  load(): Promise<TransportFactory>;
}

/** A transport whose package is imported at the first connect: a sink that sends nothing loads no broker client. */
export function lazyTransport(
  { name, capabilities, partitions, load }: LazyTransport,
  options: TransportOptions,
  endpoints: readonly Endpoint[],
): Transport {
  let loaded: Promise<Transport> | undefined;
  const create = async () => (await load()).create(options, endpoints);
  return {
    name,
    capabilities: grantedCapabilities(capabilities, options),
    partitions,
    async connect(endpoint, lane, signal) {
      loaded ??= create();
      return (await loaded).connect(endpoint, lane, signal);
    },
  };
}
