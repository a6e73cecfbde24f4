import {
  type Transport,
  type TransportCapabilities,
  type TransportFactory,
  TransportNotInstalledError,
  type TransportOptions,
} from "@streamll/core";

export interface LateTransport {
  readonly name: string;
  readonly packageName: string;
  readonly capabilities: TransportCapabilities;
  load(): Promise<TransportFactory>;
}

/** A transport whose package is imported at the first connect: a sink that sends nothing loads no broker client. */
export function lazyTransport(late: LateTransport, options: TransportOptions): Transport {
  let loaded: Promise<Transport> | undefined;
  const load = async () => {
    try {
      return (await late.load()).create(options);
    } catch (error) {
      if (!isMissing(error, late.packageName)) throw error;
      throw new TransportNotInstalledError(late.packageName, `the transport ${late.name}`, { cause: error });
    }
  };
  return {
    name: late.name,
    capabilities: { ...late.capabilities, confirms: late.capabilities.confirms && options.confirms },
    async connect(endpoint, lane, signal) {
      loaded ??= load();
      return (await loaded).connect(endpoint, lane, signal);
    },
  };
}

/** The package itself, not something that it misses. */
function isMissing(error: unknown, packageName: string): boolean {
  if (!(error instanceof Error && "code" in error)) return false;
  const missing = error.code === "ERR_MODULE_NOT_FOUND" || error.code === "MODULE_NOT_FOUND";
  return missing && error.message.includes(`'${packageName}'`);
}
