import { resolveConnection } from "@streamll/connection/internal";
import type { Logger } from "@streamll/core";
import { type Openable, openable } from "../openable.js";
import { type DeadLettersValues, deadLettersTable } from "./dead-letters-options.js";
import { type DeadLetterQueue, queueOf } from "./queue-of.js";

export interface DeadLettersPlan extends Openable {
  readonly values: DeadLettersValues;
  readonly place: DeadLetterQueue;
  readonly warnings: readonly string[];
}

/**
 * Checks all options together and makes the transport. Opens nothing and imports no broker client.
 *
 * @throws ConfigurationError with every problem; TransportNotInstalledError where the package does not exist yet.
 */
export function resolveDeadLetters(
  given: Readonly<Record<string, unknown>>,
  logger: Logger,
): DeadLettersPlan {
  const connection = resolveConnection({ table: deadLettersTable, given, className: "DeadLetters" });
  const { place, problems } = queueOf(connection);
  if (connection.isSet("waitForBroker"))
    problems.push({ option: "waitForBroker", message: "is for what keeps running: leave it out" });
  const topology = { mode: "none", exchanges: [], queues: [], bindings: [] } as const;
  const { values, warnings } = connection;
  const { queue } = place;
  return { ...openable(connection, { queue, topology }, logger, problems), values, place, warnings };
}
