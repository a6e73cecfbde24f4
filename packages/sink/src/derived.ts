import type { TransportConfiguration, TransportOptions } from "@streamll/core";
import { builtInType } from "./exchange-type.js";
import type { ResolvedTopology } from "./topology.js";

/** Values that follow from the other options where the user set none. */
export function derivedValues(
  { message, connectionName, tls }: TransportOptions,
  { queue }: ResolvedTopology,
  ofTransport: TransportConfiguration["derived"],
): Readonly<Record<string, unknown>> {
  const { mandatory, exchange } = message;
  const exchangeType = builtInType(exchange);
  return {
    ssl: tls !== undefined,
    connectionName,
    ...(exchangeType === undefined ? {} : { exchangeType }),
    queue: queue ?? false,
    mandatory,
    ...ofTransport,
  };
}
