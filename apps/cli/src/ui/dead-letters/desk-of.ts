import type { DeadLettersOptions } from "@streamll/consumer";
import { ConfigurationError } from "@streamll/core";
import type { RabbitMQSinkOptions } from "@streamll/sink";
import type { Plan } from "@streamll/sink/internal";
import { deadLettersNamed, deadLettersOf } from "../../dlq/dead-letters-named.js";
import { UsageError } from "../../exit.js";
import { Desk } from "./desk.js";

export interface DeskRequest {
  readonly given: RabbitMQSinkOptions;
  readonly plan: Plan;
  readonly mayReplay: boolean;
  readonly notify: (text: string) => void;
}

/**
 * The dead letters that the page shows: those that the options name, and on Azure Service Bus those beside the queue that is
 * looked at. `undefined` where there are none.
 *
 * @throws UsageError, ConfigurationError where they are to be replayed and cannot be.
 */
export function deskOf({ given, plan, mayReplay, notify }: DeskRequest): Desk | undefined {
  const options = optionsOf(given, plan);
  if (options === undefined) {
    if (!mayReplay) return undefined;
    throw new UsageError(
      "--allow-replay needs to know which dead letters: name them with --dead-letter-exchange, or their queue with --dead-letter-queue",
    );
  }
  const { queue = `${options.deadLetterExchange}.failed` } = options;
  try {
    return new Desk({ letters: deadLettersOf(options), queue, mayReplay, notify });
  } catch (error) {
    // Such as a stream, which has none.
    if (error instanceof ConfigurationError && !mayReplay) return undefined;
    throw error;
  }
}

function optionsOf(given: RabbitMQSinkOptions, { transport, values }: Plan): DeadLettersOptions | undefined {
  const { deadLetterQueue: queue } = given;
  const { deadLetters, relays } = transport.consuming ?? {};
  const isBeside = deadLetters === "reason" && relays === true;
  if (isBeside) return deadLettersNamed({ ...given, deadLetterQueue: queue || values.exchange });
  // `false` declares no queue: nobody knows where the letters are.
  return queue === false ? undefined : deadLettersNamed(given);
}
