import type { TransportOptions } from "@streamll/core";
import { builtInType } from "./exchange-type.js";
import type { OptionName } from "./options/table.js";
import type { ResolvedTopology } from "./topology.js";

/** What the sink works out of the other options where nobody set these. */
export function derivedValues(
  { message, connectionName, tls }: TransportOptions,
  { queue }: ResolvedTopology,
  ofStream: Partial<Record<OptionName, unknown>>,
): Partial<Record<OptionName, unknown>> {
  const { mandatory, exchange } = message;
  const exchangeType = builtInType(exchange);
  return {
    ssl: tls !== undefined,
    connectionName,
    ...(exchangeType === undefined ? {} : { exchangeType }),
    queue: queue ?? false,
    mandatory,
    ...ofStream,
  };
}
