import type {
  Endpoint,
  Transport,
  TransportCapabilities,
  TransportFactory,
  TransportOptions,
} from "@streamll/core";

export interface LateTransport {
  readonly name: string;
  readonly capabilities: TransportCapabilities;
  /** Of a broker that partitions. */
  readonly partitions?: number | undefined;
  /** Called once. What it rejects with tells why the package was not loaded. */
  load(): Promise<TransportFactory>;
}

/** A transport whose package is imported at the first connect: a sink that sends nothing loads no broker client. */
export function lazyTransport(
  late: LateTransport,
  options: TransportOptions,
  endpoints: readonly Endpoint[],
): Transport {
  let loaded: Promise<Transport> | undefined;
  const load = async () => (await late.load()).create(options, endpoints);
  return {
    name: late.name,
    capabilities: {
      ...late.capabilities,
      confirms: late.capabilities.confirms && options.confirms,
      deduplication: late.capabilities.deduplication && options.publisherName !== false,
    },
    partitions: late.partitions,
    async connect(endpoint, lane, signal) {
      loaded ??= load();
      return (await loaded).connect(endpoint, lane, signal);
    },
  };
}
