import { invalid } from "./refusal.js";

const overflows = ["drop-head", "reject-publish", "reject-publish-dlx"] as const;
type Overflow = (typeof overflows)[number];

/** What a queue makes of its arguments. */
export interface QueueLimits {
  readonly ttlMs: number;
  readonly length: number;
  readonly bytes: number;
  readonly overflow: Overflow;
  /** 0: the queue knows no priorities. */
  readonly priority: number;
  readonly deadLetterExchange: string | undefined;
  readonly deadLetterRoutingKey: string | undefined;
}

/**
 * Reads RabbitMQ's arguments. Those that mean nothing here (`x-queue-type`, `x-expires` …) are let be, as RabbitMQ
 * lets be what it does not know.
 *
 * @throws TransportError of kind `topology-conflict` for a value that RabbitMQ refuses too.
 */
export function queueLimits(queue: string, args: Readonly<Record<string, unknown>>): QueueLimits {
  const read = <T>(argument: string, isRight: (value: unknown) => boolean, otherwise: T): T => {
    const value = args[argument];
    if (value === undefined) return otherwise;
    if (!isRight(value)) throw invalid(`invalid arg '${argument}' for queue "${queue}": ${String(value)}`);
    return value as T;
  };
  if (args["x-dead-letter-routing-key"] !== undefined && args["x-dead-letter-exchange"] === undefined) {
    throw invalid(
      `invalid arg 'x-dead-letter-routing-key' for queue "${queue}": it has no x-dead-letter-exchange`,
    );
  }
  const isCount = (value: unknown) => Number.isInteger(value) && Number(value) >= 0;
  const isText = (value: unknown) => typeof value === "string";
  return {
    ttlMs: read("x-message-ttl", isCount, Number.POSITIVE_INFINITY),
    length: read("x-max-length", isCount, Number.POSITIVE_INFINITY),
    bytes: read("x-max-length-bytes", isCount, Number.POSITIVE_INFINITY),
    overflow: read("x-overflow", (value) => overflows.includes(value as Overflow), "drop-head"),
    priority: read("x-max-priority", (value) => isCount(value) && Number(value) <= 255, 0),
    deadLetterExchange: read("x-dead-letter-exchange", isText, undefined),
    deadLetterRoutingKey: read("x-dead-letter-routing-key", isText, undefined),
  };
}
