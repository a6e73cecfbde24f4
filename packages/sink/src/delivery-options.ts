import type { DeliveryOptions, Packing } from "@streamll/core/internal";
import type { ResolvedOptions } from "./options/table.js";

/**
 * What follows for the pool where the user set no size. One connection takes more events in batches than a program makes. Five
 * of them have fewer in flight each, and smaller writes and answers: their rate was lower by a fifth (RabbitMQ 4.0).
 */
export const poolOf = (
  { messageFormat }: ResolvedOptions,
  isSet: (option: "connectionPoolSize") => boolean,
): Partial<Pick<ResolvedOptions, "connectionPoolSize">> =>
  messageFormat === "batch" && !isSet("connectionPoolSize") ? { connectionPoolSize: 1 } : {};

/** What the options tell the delivery engine. */
export const deliveryOptionsOf = (values: ResolvedOptions): DeliveryOptions => ({
  batchSize: values.batchSize,
  batchTimeoutMs: values.batchTimeout,
  batchBytes: values.batchBytes,
  packing: packingOf(values),
  maxInFlight: values.maxInFlight,
  connectionPoolSize: values.connectionPoolSize,
  connectionTimeoutMs: values.connectionTimeout,
  confirmTimeoutMs: values.confirmTimeout,
  deliveryTimeoutMs: values.deliveryTimeout,
  maxRetries: values.maxRetries,
  retryBackoffMs: values.retryBackoffMs,
  maxRetryBackoffMs: values.maxRetryBackoffMs,
  circuitBreaker: values.circuitBreaker,
  maxBufferedEvents: values.maxBufferedEvents,
  maxBufferedBytes: values.maxBufferedBytes,
  maxEventBytes: values.maxEventBytes,
  overflow: values.overflow,
  flushTimeoutMs: values.flushTimeout,
  waitForBroker: values.waitForBroker,
});

function packingOf({ messageFormat, batchLayout, compressionType }: ResolvedOptions): Packing | undefined {
  const layout = messageFormat === "batch" ? batchLayout : "single";
  if (compressionType !== "none") return { layout, compression: compressionType };
  return layout === "single" ? undefined : { layout };
}
