import { resolveConnection } from "@streamll/connection/internal";
import type { ConfigurationProblem, Logger } from "@streamll/core";
import { type Openable, openable } from "../openable.js";
import { type DeadLetterSource, type DeadLettersValues, deadLettersTable } from "./dead-letters-options.js";

export interface DeadLettersPlan extends Openable {
  readonly values: DeadLettersValues;
  readonly queue: string;
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
  const { queue, problems } = queueOf(connection.values);
  if (connection.isSet("waitForBroker"))
    problems.push({ option: "waitForBroker", message: "is for what keeps running: leave it out" });
  const topology = { mode: "none", exchanges: [], queues: [], bindings: [] } as const;
  const { values, warnings } = connection;
  return { ...openable(connection, { queue, topology }, logger, problems), values, queue, warnings };
}

/** The queue of dead letters, and what is wrong with how it was named. */
export function queueOf({ queue, deadLetterExchange }: DeadLetterSource): {
  readonly queue: string;
  readonly problems: ConfigurationProblem[];
} {
  const problems: ConfigurationProblem[] = [];
  if (queue === undefined && deadLetterExchange === undefined) {
    const message =
      'is missing; write the queue of the dead letters such as "dspy_failed.failed", or deadLetterExchange';
    problems.push({ option: "queue", message });
  }
  return { queue: queue ?? `${deadLetterExchange ?? ""}.failed`, problems };
}
