import { DeadLetters, type DeadLettersOptions } from "@streamll/consumer";
import { ConfigurationError, silentLogger } from "@streamll/core";
import type { RabbitMQSinkOptions } from "@streamll/sink";
import type { OptionName } from "@streamll/sink/internal";
import { only } from "../broker/plan.js";
import { connectionOptions } from "../command/sink-flags.js";
import { UsageError } from "../exit.js";

/** Where dead letters are read and replayed. */
export const connecting = [
  "amqpUrl",
  "amqpVersion",
  ...connectionOptions,
  "authProvider",
  "webSocket",
] as const satisfies readonly OptionName[];

/**
 * The dead letters that the options of a sink name; `undefined` where they name none.
 *
 * @throws UsageError where they say that there is no queue of them.
 */
export function deadLettersNamed(given: RabbitMQSinkOptions): DeadLettersOptions | undefined {
  const { deadLetterQueue: queue, deadLetterExchange } = given;
  if (queue === false)
    throw new UsageError("dead letters are read from a queue: name one with --dead-letter-queue");
  if (queue === undefined && deadLetterExchange === undefined) return undefined;
  return Object.assign(only(connecting, given), { queue, deadLetterExchange, logger: silentLogger });
}

/** @throws ConfigurationError in the words of a sink: the queue of dead letters is its `deadLetterQueue`. */
export function deadLettersOf(options: DeadLettersOptions): DeadLetters {
  try {
    return new DeadLetters(options);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new ConfigurationError(
      error.problems.map((problem) =>
        problem.option === "queue" ? { ...problem, option: "deadLetterQueue" } : problem,
      ),
    );
  }
}
