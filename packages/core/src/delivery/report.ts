import type { DeliveryErrorCode } from "../errors.js";

/**
 * How events were settled: `flush()` reports those that were unsettled when it was called, `stop()` all that were ever
 * accepted.
 */
export interface FlushReport {
  /** Events confirmed by the broker, or written if confirms are off. */
  readonly sent: number;
  readonly failed: number;
  readonly dropped: number;
  /**
   * How often an event was not accepted: the buffer was full, the sink was stopped, or the event was invalid. An event
   * that is offered again counts each time. `flush()` reports those since the previous flush, `stop()` all.
   */
  readonly rejected: number;
  /** Events unsettled when the time ran out. Always 0 after `stop()`, which fails the remaining ones. */
  readonly pending: number;
  /** Events that lie in the `spool` alone: the next program sends what `stop()` leaves there. Absent without a spool. */
  readonly spooled?: number;
  /** How many events failed or were dropped, by code. */
  readonly failures: Readonly<Partial<Record<DeliveryErrorCode, number>>>;
  readonly durationMs: number;
}

/** The broker's answer to one published event. */
export interface Receipt {
  readonly eventId: string;
  /** `false` if confirms are off: the event was written, and no more is known. */
  readonly confirmed: boolean;
  /**
   * The broker had the event's `sequence` already, from an earlier program of the same `publisherName`: it confirmed
   * the event and stored nothing.
   */
  readonly duplicate?: true;
  /** 1 if the first attempt succeeded. */
  readonly attempts: number;
  /** The time from acceptance to the outcome, in milliseconds. */
  readonly latencyMs: number;
}

/** The state of a sink. Reading it opens no connection. */
export interface Health {
  /**
   * `up`: at least one connection can take events. `degraded`: events wait (not connected, blocked).
   * `stopped`: not started, or stopped.
   */
  readonly status: "up" | "degraded" | "stopped";
  readonly connectionsOpen: number;
  readonly circuitState: CircuitState;
  /** Why the broker blocks publishing now. */
  readonly blocked?: string;
  /** Events that are buffered, waiting for a retry, or in flight. */
  readonly pending: number;
  /** Events that lie in the `spool` alone, until there is room for them in memory. Absent without a spool. */
  readonly spooled?: number;
  /** The last error of a connection, until one is up again. Never contains a password. */
  readonly lastError?: { readonly code: string; readonly message: string };
  /** All current problems, each once, the worst first. Empty if there are none. */
  readonly problems: readonly Problem[];
}

/** A problem in words, with what to do about it. Never contains a password or an event's data. */
export interface Problem {
  /** A code of `docs/errors.md`. */
  readonly code: string;
  readonly message: string;
}

export type CircuitState = "closed" | "open" | "half-open";
