import type {
  ConsumingCapabilities,
  Endpoint,
  Transport,
  TransportCapabilities,
  TransportFactory,
  TransportOptions,
} from "@streamll/core";
import { TransportError } from "@streamll/core";
import { grantedCapabilities } from "@streamll/core/internal";

export interface LazyTransport {
  readonly name: string;
  readonly capabilities: TransportCapabilities;
  readonly consuming?: ConsumingCapabilities | undefined;
  /** Of a broker that partitions. */
  readonly partitions?: number | undefined;
  /** Called once. What it rejects with says why the package was not loaded. */
  load(): Promise<TransportFactory>;
}

/** A transport whose package is imported at the first connect: a sink that sends nothing loads no broker client. */
export function lazyTransport(
  { name, capabilities, consuming, partitions, load }: LazyTransport,
  options: TransportOptions,
  endpoints: readonly Endpoint[],
): Transport {
  let loaded: Promise<Transport> | undefined;
  const create = async () => (await load()).create(options, endpoints);
  const transport = () => {
    loaded ??= create();
    return loaded;
  };
  return {
    name,
    capabilities: grantedCapabilities(capabilities, options),
    partitions,
    async connect(endpoint, lane, signal) {
      return (await transport()).connect(endpoint, lane, signal);
    },
    ...(consuming && {
      consuming: {
        ...consuming,
        async subscribe(endpoint, request, signal) {
          const { name, consuming } = await transport();
          if (consuming !== undefined) return consuming.subscribe(endpoint, request, signal);
          throw new TransportError(
            "protocol",
            `the installed transport ${name} is too old to consume: update it`,
            {
              permanent: true,
            },
          );
        },
      },
    }),
  };
}
