import type { TransportOptions } from "@streamll/core";
import type { OptionName } from "./options/table.js";

/** What the sink works out of the other options where nobody set these. */
export function derivedValues(
  { message, connectionName, tls }: TransportOptions,
  queue: string | undefined,
  ofStream: Partial<Record<OptionName, unknown>>,
): Partial<Record<OptionName, unknown>> {
  const { mandatory } = message;
  return { ssl: tls !== undefined, connectionName, queue: queue ?? false, mandatory, ...ofStream };
}
