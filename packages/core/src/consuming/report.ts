import type { Problem } from "../delivery/report.js";
import type { TransportError } from "../errors.js";
import type { Delivery } from "./seam.js";

/** State of a consumer, from memory: reading it opens nothing. */
export interface ConsumingHealth {
  /**
   * `up`: subscribed, and nothing is wrong. `degraded`: not subscribed, or handlers failed in the last ten seconds.
   * `stopped`: not started, or stopped.
   */
  readonly status: "up" | "degraded" | "stopped";
  readonly subscribed: boolean;
  /** Received and not settled: in the hands of handlers, or waiting for their turn. */
  readonly pending: number;
  /** Why it is not subscribed. Never holds a password. */
  readonly lastError?: { readonly code: string; readonly message: string };
  /** All that is wrong now, each thing once. Empty: nothing. */
  readonly problems: readonly Problem[];
}

/** What `stop()` tells of all that was ever received. */
export interface ConsumingReport {
  readonly handled: number;
  readonly deadLettered: number;
  /** Given back to the broker: they come again. */
  readonly givenBack: number;
  readonly durationMs: number;
}

/** What a consumer tells its listeners. */
export interface ConsumingEvents {
  connected: [info: { readonly endpoint: string }];
  disconnected: [info: { readonly endpoint: string; readonly error?: TransportError }];
  /** A try has failed. `code`: `HANDLER_FAILED`, `HANDLER_TIMEOUT`, or that of the `RetryLater` or `DeadLetter`. */
  failed: [
    failure: {
      readonly delivery: Delivery;
      readonly code: string;
      readonly error: unknown;
      readonly attempt: number;
    },
  ];
  deadLettered: [
    letter: { readonly delivery: Delivery; readonly reason: string; readonly description: string },
  ];
  /** Something is wrong that was not a second ago: what `health().problems` lists. */
  problem: [problem: Problem];
  /** A problem that was told is gone. */
  solved: [problem: Problem];
}
