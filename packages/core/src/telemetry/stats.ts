import type { CircuitState } from "../delivery/report.js";

/**
 * Counters since the sink was created, and gauges of this moment.
 *
 * `events_received` is always the sum of `events_sent`, `events_failed`, `events_dropped`, `events_buffered`,
 * `events_in_flight` and `events_spooled`.
 */
export interface DeliveryStats {
  /** Events that were accepted, each of which is accounted for from then on; those found in the spool are among them. */
  readonly events_received: number;
  readonly events_sent: number;
  /** Events among `events_sent` whose `sequence` the broker had already: it confirmed them without storing them again. */
  readonly events_duplicate: number;
  readonly events_failed: number;
  /** Events dropped by the overflow policy, or aborted by the caller's signal. */
  readonly events_dropped: number;
  /** Events not accepted: the buffer was full, the sink was stopped, or the event was invalid. */
  readonly events_rejected: number;
  /** Attempts after the first. */
  readonly events_retried: number;
  /** Failed events that were published to the dead-letter exchange. */
  readonly events_dead_lettered: number;
  /** Events in the buffer, those waiting for a retry included. */
  readonly events_buffered: number;
  readonly events_in_flight: number;
  /** Events that lie in the spool alone. Those in memory may lie there too, and are counted as buffered or in flight. */
  readonly events_spooled: number;
  /** Events that were in the spool and could not be read back. */
  readonly events_spool_lost: number;
  readonly bytes_buffered: number;
  /** What the spool takes on disk. */
  readonly bytes_spooled: number;
  /** Messages of several events, with `messageFormat: "batch"`; else how often events were handed to a connection together. */
  readonly batches_sent: number;
  /** Bytes of bodies as written to connections, after compression, retries included. */
  readonly bytes_sent: number;
  /** The bytes that `compressionType` has saved. */
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
  /** Events sent per second, over the last one to two windows of ten seconds. */
  readonly events_per_second: number;
  /** From the write to the outcome, over the last one to two windows of ten seconds; 0 if nothing was sent in them. */
  readonly publish_latency_p50_ms: number;
  readonly publish_latency_p95_ms: number;
  readonly publish_latency_p99_ms: number;
  /** Nacks and returns as a share of all answers, 0 to 1. */
  readonly confirm_failure_rate: number;
}
