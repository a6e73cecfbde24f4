import { resolveConnection } from "@streamll/connection/internal";
import type { ConfigurationProblem, Logger } from "@streamll/core";
import { type ConsumingOptions, defaultConsumingOptions } from "@streamll/core/internal";
import { type Openable, openable } from "../openable.js";
import { resolveTopology } from "../topology.js";
import { type FailedValues, failedTable } from "./failed-options.js";
import { type DeadLetterQueue, queueOf } from "./queue-of.js";

export interface FailedPlan extends Openable {
  readonly values: FailedValues;
  readonly place: DeadLetterQueue;
  readonly options: ConsumingOptions;
  readonly warnings: readonly string[];
}

/**
 * Checks all options together and makes the transport. Opens nothing and imports no broker client.
 *
 * @throws ConfigurationError with every problem; TransportNotInstalledError where the package does not exist yet.
 */
export function resolveFailed(given: Readonly<Record<string, unknown>>, logger: Logger): FailedPlan {
  const connection = resolveConnection({ table: failedTable, given, className: "FailedEventConsumer" });
  const { values, warnings, isSet } = connection;
  const { place, problems } = queueOf(connection);
  const { queue } = place;
  if (!isSet("handle")) problems.push({ option: "handle", message: HANDLER });
  const { topology, problems: inTopology } = resolveTopology({
    ...{ queue, exchange: values.deadLetterExchange },
    ...{ queueType: values.queueType, declareTopology: values.declareTopology },
  });
  const opened = openable(connection, { queue, topology }, logger, [...problems, ...inTopology.map(named)]);
  return { ...opened, values, place, options: consumingOptionsOf(values, place), warnings };
}

const HANDLER = 'is missing; write handle: (event, failure) => "replay", "keep" or "drop"';

/** What the topology calls `exchange` is the exchange of dead letters here. */
const named = ({ option, message }: ConfigurationProblem): ConfigurationProblem => ({
  option,
  message: message.replace("set exchange too", "set deadLetterExchange"),
});

/**
 * Without dead letters of its own: what its handler cannot do is kept. What is kept comes back with each start, which says
 * nothing against it: no number of deliveries makes it a suspect, for which others would have to wait.
 */
const consumingOptionsOf = (values: FailedValues, { queue, home }: DeadLetterQueue): ConsumingOptions => ({
  ...defaultConsumingOptions,
  source: queue,
  fromDeadLetters: home !== undefined,
  deadLetters: false,
  maxDeliveries: Number.MAX_SAFE_INTEGER,
  window: values.prefetch,
  concurrency: values.concurrency,
  attempts: values.retry.attempts,
  retryBackoffMs: values.retry.backoffMs,
  maxRetryBackoffMs: values.retry.maxBackoffMs,
  handlerTimeoutMs: values.handlerTimeout,
  drainTimeoutMs: values.drainTimeout,
  connectionTimeoutMs: values.connectionTimeout,
  waitForBroker: values.waitForBroker,
});
