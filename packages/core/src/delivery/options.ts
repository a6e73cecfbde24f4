import type { Packing } from "../buffer/packing.js";

/** The delivery options of a sink, resolved: every duration in milliseconds, every size in bytes. */
export interface DeliveryOptions {
  readonly batchSize: number;
  readonly batchTimeoutMs: number;
  readonly batchBytes: number;
  /** Absent: each event is a message, as it is. */
  readonly packing?: Packing | undefined;
  readonly maxInFlight: number;
  readonly connectionPoolSize: number;
  readonly connectionTimeoutMs: number;
  readonly confirmTimeoutMs: number;
  /** Absent: events never expire in the buffer. */
  readonly deliveryTimeoutMs?: number | undefined;
  readonly maxRetries: number;
  readonly retryBackoffMs: number;
  readonly maxRetryBackoffMs: number;
  readonly circuitBreaker: CircuitBreakerOptions | false;
  readonly maxBufferedEvents: number;
  readonly maxBufferedBytes: number;
  /** The limit for one encoded event. */
  readonly maxEventBytes: number;
  readonly overflow: Overflow;
  readonly flushTimeoutMs: number;
  /** Whether `start()` waits for an unreachable broker. */
  readonly waitForBroker: boolean;
}

export interface CircuitBreakerOptions {
  /** Failed connections in a row that open the circuit. */
  readonly failureThreshold: number;
  readonly cooldownMs: number;
}

export type Overflow = "reject" | "drop-oldest" | "drop-newest";

export const defaultDeliveryOptions: DeliveryOptions = {
  batchSize: 50,
  batchTimeoutMs: 100,
  batchBytes: 256 * 1024,
  maxInFlight: 4096,
  connectionPoolSize: 5,
  connectionTimeoutMs: 30_000,
  confirmTimeoutMs: 30_000,
  maxRetries: 3,
  retryBackoffMs: 1000,
  maxRetryBackoffMs: 30_000,
  circuitBreaker: { failureThreshold: 5, cooldownMs: 30_000 },
  maxBufferedEvents: 100_000,
  maxBufferedBytes: 64 * 1024 * 1024,
  maxEventBytes: 1024 * 1024,
  overflow: "reject",
  flushTimeoutMs: 20_000,
  waitForBroker: false,
};
