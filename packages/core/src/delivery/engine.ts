import type { DeliveryError, TransportError } from "../errors.js";
import type { Logger } from "../logger.js";
import type { DeliveryStats } from "../stats/stats.js";
import type { Endpoint, OutboundMessage, Transport } from "../transport.js";
import type { Clock } from "./clock.js";
import type { DeliveryOptions } from "./options.js";
import type { FlushReport, Health, Receipt } from "./report.js";

/** An encoded event, on its way into the engine. */
export type PreparedMessage = Omit<OutboundMessage, "sequence">;

export interface DeliverySetup {
  readonly transport: Transport;
  readonly endpoints: readonly Endpoint[];
  readonly options: DeliveryOptions;
  readonly logger: Logger;
  /** Where events that failed for good are put; absent: nowhere. */
  readonly deadLetter?: { readonly exchange: string; routingKey(message: OutboundMessage): string };
  /** Each event that failed for good, also those that were dropped. May throw: it is caught. */
  readonly onFailure?: (failure: EngineFailure) => void;
  readonly clock?: Clock;
  /** 0 to 1, as `Math.random`. */
  readonly random?: () => number;
}

export interface EngineFailure {
  readonly message: PreparedMessage;
  readonly error: DeliveryError;
  readonly attempts: number;
}

export interface PublishOptions {
  /** Withdraws the event while it is still buffered; once in flight only the waiting ends. */
  readonly signal?: AbortSignal;
}

export interface EngineEvents {
  connected: [info: { endpoint: string; lane: number }];
  disconnected: [info: { endpoint: string; lane: number; error?: TransportError }];
  blocked: [info: { reason: string }];
  unblocked: [];
  failed: [failure: EngineFailure];
  dropped: [failure: EngineFailure];
}

/** To be built. */
export interface DeliveryEngine {
  readonly isRunning: boolean;
  start(): Promise<void>;
  /** Takes a message over; starts the engine. `false` when it was not taken. Never throws. */
  offer(message: PreparedMessage): boolean;
  publish(message: PreparedMessage, options?: PublishOptions): Promise<Receipt>;
  /** Counts something that was no event at all. */
  countRejected(): void;
  ready(): Promise<void>;
  flush(): Promise<FlushReport>;
  stop(): Promise<FlushReport>;
  stats(): DeliveryStats;
  health(): Health;
  on<K extends keyof EngineEvents>(name: K, listener: (...args: EngineEvents[K]) => void): void;
  off<K extends keyof EngineEvents>(name: K, listener: (...args: EngineEvents[K]) => void): void;
}

export declare function createDeliveryEngine(setup: DeliverySetup): DeliveryEngine;
