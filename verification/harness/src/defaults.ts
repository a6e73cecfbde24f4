import type { RabbitMQSinkOptions } from "@streamll/sink";
import type { Protocol } from "./protocol.js";

/** Times of an ordinary set-up scaled down, so that each fault is over in seconds. */
export const defaults = {
  routingKey: "faults.{event_type}",
  heartbeat: 1,
  connectionTimeout: 2,
  confirmTimeout: 4,
  retryBackoffMs: 50,
  maxRetryBackoffMs: 1000,
  circuitBreaker: { failureThreshold: 5, cooldown: 1 },
  flushTimeout: 30,
  maxInFlight: 4096,
} as const satisfies RabbitMQSinkOptions;

/** The sink's own defaults of single events. */
const poolSizes: Readonly<Record<Protocol, number>> = {
  amqp: 5,
  streams: 1,
  amqp10: 5,
  "service-bus": 5,
  pubsub: 5,
};

/** How many events a lane has in flight at most. */
export function shareOfLane(options: RabbitMQSinkOptions, over: Protocol): number {
  const { messageFormat, maxInFlight = defaults.maxInFlight } = options;
  const { connectionPoolSize = messageFormat === "batch" ? 1 : poolSizes[over] } = options;
  return Math.floor(maxInFlight / connectionPoolSize);
}
