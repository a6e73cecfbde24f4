import {
  type Transport,
  type TransportCapabilities,
  TransportError,
  type TransportFactory,
  TransportNotInstalledError,
  type TransportOptions,
} from "@streamll/core";

export interface LateTransport {
  readonly name: string;
  readonly packageName: string;
  readonly capabilities: TransportCapabilities;
  /** Of a broker that partitions. */
  readonly partitions?: number | undefined;
  load(): Promise<TransportFactory>;
}

/** A transport whose package is imported at the first connect: a sink that sends nothing loads no broker client. */
export function lazyTransport(late: LateTransport, options: TransportOptions): Transport {
  let loaded: Promise<Transport> | undefined;
  const load = async () => {
    const factory = await late.load().catch((error: unknown) => {
      throw whyNotLoaded(late, error);
    });
    return factory.create(options);
  };
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

/** Connecting again cannot mend it: a module that failed to load stays failed. */
function whyNotLoaded({ name, packageName }: LateTransport, cause: unknown): Error {
  const isMissing = cause instanceof Error && "code" in cause && /MODULE_NOT_FOUND$/.test(String(cause.code));
  // The package itself, not something that it misses.
  if (isMissing && cause.message.includes(`'${packageName}'`)) {
    return new TransportNotInstalledError(packageName, `the transport ${name}`, { cause });
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TransportError("protocol", `${packageName} cannot be loaded: ${reason}`, {
    cause,
    permanent: true,
  });
}
