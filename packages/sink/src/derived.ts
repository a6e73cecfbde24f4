import type { TransportOptions } from "@streamll/core";
import type { OptionName } from "./options/table.js";

/** What the sink works out of the other options where nobody set these. */
export function derivedValues(
  { message, connectionName, tls }: TransportOptions,
  queue: string | undefined,
): Partial<Record<OptionName, unknown>> {
  return { ssl: tls !== undefined, connectionName, queue: queue ?? false, mandatory: message.mandatory };
}
