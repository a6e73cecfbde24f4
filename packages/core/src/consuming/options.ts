import type { SubscribeRequest } from "./seam.js";

/** Options of the consuming engine, resolved: every duration in milliseconds. */
export interface ConsumingOptions {
  /** Name of the queue. */
  readonly source: string;
  /** Whether the dead letters that the broker keeps beside the queue are read, and not the queue. */
  readonly fromDeadLetters: boolean;
  /** Of a queue with sessions: which are read. */
  readonly sessions?: SubscribeRequest["sessions"];
  /** Whether a message that is given up may be settled as dead; else it is tried again for ever. */
  readonly deadLetters: boolean;
  /** Most deliveries that are unsettled at a time; 1 to 65,535. */
  readonly window: number;
  /** Most handlers that run at a time. */
  readonly concurrency: number;
  /** Whether messages of one execution are handled one after another. */
  readonly ordered: boolean;
  /** Tries of one delivery, the first included. */
  readonly attempts: number;
  /** Before the second try; it doubles with each, with full jitter. */
  readonly retryBackoffMs: number;
  readonly maxRetryBackoffMs: number;
  /** A message that was delivered so often before is a dead letter without another try; 0: never. */
  readonly maxDeliveries: number;
  /** Of one try; 0: no limit. */
  readonly handlerTimeoutMs: number;
  /** Bounds `stop()`, closing included. */
  readonly drainTimeoutMs: number;
  readonly connectionTimeoutMs: number;
  /** Before the second attempt to subscribe. */
  readonly reconnectBackoffMs: number;
  readonly maxReconnectBackoffMs: number;
  /** Whether `start()` waits for an unreachable broker. */
  readonly waitForBroker: boolean;
}

export const defaultConsumingOptions: Omit<ConsumingOptions, "source"> = {
  fromDeadLetters: false,
  deadLetters: true,
  window: 200,
  concurrency: 20,
  ordered: true,
  attempts: 5,
  retryBackoffMs: 1000,
  maxRetryBackoffMs: 30_000,
  maxDeliveries: 10,
  handlerTimeoutMs: 60_000,
  drainTimeoutMs: 20_000,
  connectionTimeoutMs: 30_000,
  reconnectBackoffMs: 1000,
  maxReconnectBackoffMs: 30_000,
  waitForBroker: false,
};
