import type { DeliveryErrorCode } from "../errors.js";

/**
 * What became of events: `flush()` tells of those that were not settled when it was called, `stop()` of all that were
 * ever accepted.
 */
export interface FlushReport {
  /** Confirmed by the broker, or written where confirms are off. */
  readonly sent: number;
  readonly failed: number;
  readonly dropped: number;
  /**
   * How often an event was not taken: no room, stopped, or not a valid event. One that was offered again later counts
   * each time. `flush()` tells of those since the flush before it, `stop()` of all.
   */
  readonly rejected: number;
  /** Not settled when the time ran out. Always 0 after `stop()`, which fails what is left. */
  readonly pending: number;
  /** How many failed or were dropped, by code. */
  readonly failures: Readonly<Partial<Record<DeliveryErrorCode, number>>>;
  readonly durationMs: number;
}

/** What the broker said of one published event. */
export interface Receipt {
  readonly eventId: string;
  /** `false` where confirms are off: the event was written and no more is known. */
  readonly confirmed: boolean;
  /**
   * The broker had the event's `sequence` already, from an earlier program of the same `publisherName`: it confirmed
   * the event and stored nothing.
   */
  readonly duplicate?: true;
  /** 1 when the first try succeeded. */
  readonly attempts: number;
  /** From acceptance to the outcome. */
  readonly latencyMs: number;
}

/** State of a sink, from memory: reading it opens nothing. */
export interface Health {
  /**
   * `up`: at least one connection can take events. `degraded`: events wait (not connected, blocked).
   * `stopped`: not started, or stopped.
   */
  readonly status: "up" | "degraded" | "stopped";
  readonly connectionsOpen: number;
  readonly circuitState: CircuitState;
  /** Why the broker takes nothing now. */
  readonly blocked?: string;
  /** Buffered, waiting and in flight. */
  readonly pending: number;
  /** What last went wrong with a connection, until one is up again. Never holds a password. */
  readonly lastError?: { readonly code: string; readonly message: string };
  /** All that is wrong now, each thing once, the worst first. Empty: nothing. */
  readonly problems: readonly Problem[];
}

/** One thing that is wrong, in words, with what to do. Never holds a password or an event's data. */
export interface Problem {
  /** Of `docs/errors.md`. */
  readonly code: string;
  readonly message: string;
}

export type CircuitState = "closed" | "open" | "half-open";
