import { type ConnectingTable, type Connection, consumingOf, nameOf } from "@streamll/connection/internal";
import { ConfigurationError, type ConfigurationProblem, type ConsumingCapabilities } from "@streamll/core";
import type { DeadLetterSource } from "./dead-letters-options.js";
import type { ReplayTarget } from "./replayed.js";

/** A queue of dead letters. */
export interface DeadLetterQueue {
  readonly queue: string;
  /** The broker keeps them beside this queue, and this is where replayed ones go; absent: the queue has them itself. */
  readonly home?: ReplayTarget | undefined;
  /** See {@link DeadLetterSource.deliveryLimit}. */
  readonly deliveryLimit: number;
}

/**
 * The queue of dead letters, and what is wrong with how it was named.
 *
 * @throws ConfigurationError where the transport has none that can be replayed.
 */
export function queueOf(connection: Connection<ConnectingTable>): {
  readonly place: DeadLetterQueue;
  readonly problems: ConfigurationProblem[];
} {
  const { choice, values, isSet } = connection;
  const { queue, deadLetterExchange, deliveryLimit = 0 } = values as DeadLetterSource;
  const known = choice && consumingOf(choice);
  const problems: ConfigurationProblem[] = [];
  // It says all: what else is wrong with these options is so because of it.
  if (choice !== undefined && known !== undefined && known.relays !== true)
    throw new ConfigurationError([{ option: "amqpUrl", message: cannotReplay(nameOf(choice), known) }]);
  if (known?.relays === true && known.deadLetters === "reason") {
    for (const option of ["deadLetterExchange", "deliveryLimit"] as const)
      if (isSet(option)) problems.push({ option, message: BESIDE });
    if (problems.length === 0 && queue === undefined)
      problems.push({ option: "queue", message: NAMELESS_BESIDE });
    const place = { queue: queue ?? "", home: { exchange: "", routingKey: entityOf(queue ?? "") } };
    return { place: { ...place, deliveryLimit: 0 }, problems };
  }
  if (queue === undefined && deadLetterExchange === undefined)
    problems.push({ option: "queue", message: NAMELESS });
  return { place: { queue: queue ?? `${deadLetterExchange ?? ""}.failed`, deliveryLimit }, problems };
}

const NAMELESS =
  'is missing; write the queue of the dead letters such as "dspy_failed.failed", or deadLetterExchange';
const NAMELESS_BESIDE =
  'is missing; write the queue or "TOPIC/Subscriptions/NAME" beside which the dead letters are kept';
const BESIDE =
  "is of RabbitMQ: Azure Service Bus keeps dead letters beside each queue. Leave it out, and name that queue";

const cannotReplay = (name: string, { log }: ConsumingCapabilities): string =>
  log === true
    ? "a stream has no dead letters: what is given up stays in it. Name the broker by amqp:// for those of its queues"
    : `dead letters cannot be replayed through the transport ${name}: read them with EventConsumer, and send them with a sink`;

/** A subscription takes from its topic: nothing is sent to it alone. */
const entityOf = (source: string): string => source.replace(/\/subscriptions\/[^/]+$/i, "");
