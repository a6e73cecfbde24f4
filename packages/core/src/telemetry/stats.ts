import type { CircuitState } from "../delivery/report.js";

/**
 * Counters since the sink was made, and gauges of this moment.
 *
 * `events_received` is always the sum of `events_sent`, `events_failed`, `events_dropped`, `events_buffered`
 * and `events_in_flight`.
 */
export interface DeliveryStats {
  /** Accepted, and from then on accounted for. */
  readonly events_received: number;
  readonly events_sent: number;
  /** Those of `events_sent` whose `sequence` the broker had already: confirmed, and not stored again. */
  readonly events_duplicate: number;
  readonly events_failed: number;
  /** Given up by the overflow policy, or withdrawn by the caller's signal. */
  readonly events_dropped: number;
  /** Not accepted: no room, stopped, or no event at all. */
  readonly events_rejected: number;
  /** Tries after the first. */
  readonly events_retried: number;
  /** Failed events that were put to the dead-letter exchange. */
  readonly events_dead_lettered: number;
  /** In the buffer, or waiting to be tried again. */
  readonly events_buffered: number;
  readonly events_in_flight: number;
  readonly bytes_buffered: number;
  readonly batches_sent: number;
  /** Bytes of bodies handed to connections, as they were sent, tries again included. */
  readonly bytes_sent: number;
  /** How many more they were before `compressionType` made them smaller. */
  readonly bytes_saved: number;
  readonly confirms: number;
  readonly nacks: number;
  readonly returns: number;
  readonly reconnects: number;
  readonly connections_open: number;
  /** Connections with something in flight. */
  readonly connections_in_use: number;
  readonly circuit_state: CircuitState;
  readonly blocked: boolean;
  /** Sent, over the last one to two ten-second windows. */
  readonly events_per_second: number;
  /** From the write to the outcome, over the last one to two ten-second windows; 0 with none. */
  readonly publish_latency_p50_ms: number;
  readonly publish_latency_p95_ms: number;
  readonly publish_latency_p99_ms: number;
  /** Nacks and returns as a share of all answers, 0 to 1. */
  readonly confirm_failure_rate: number;
}
