import type { EventLog } from "../buffer/event-log.js";
import { findIssues, type HealthIssue } from "../telemetry/health-checks.js";
import type { LogThrottle } from "../telemetry/log-throttle.js";
import type { Meter } from "../telemetry/meter.js";
import type { DeliveryStats } from "../telemetry/stats.js";
import type { Clock } from "./clock.js";
import type { Connections } from "./connection/connections.js";
import type { Ledger } from "./ledger.js";
import type { DeliveryOptions } from "./options.js";
import type { Health, Problem } from "./report.js";
import type { Settlement } from "./settlement.js";
import type { Spooling } from "./spool/spooling.js";

interface StatsSources {
  readonly ledger: Ledger;
  readonly log: EventLog;
  readonly connections: Connections;
  readonly counts: Settlement["counts"];
  readonly meter: Meter;
  readonly spooling: Spooling | undefined;
}

/** The counters and gauges of this moment. */
export function statsOf({ ledger, log, connections, counts, meter, spooling }: StatsSources): DeliveryStats {
  const { received, sent, failed, dropped, rejected, buffered, inFlight } = ledger;
  const { confirms, nacks, returns } = counts;
  const { perSecond, p50, p95, p99 } = meter.read();
  const { lanes } = connections;
  return {
    events_received: received,
    events_sent: sent,
    events_duplicate: counts.duplicates,
    events_failed: failed,
    events_dropped: dropped,
    events_rejected: rejected,
    events_retried: counts.retried,
    events_dead_lettered: counts.deadLettered,
    events_buffered: buffered,
    events_in_flight: inFlight,
    events_spooled: ledger.spooled,
    events_spool_lost: spooling?.lostEvents ?? 0,
    bytes_buffered: log.bytes,
    bytes_spooled: spooling?.bytes ?? 0,
    batches_sent: counts.batches,
    bytes_sent: counts.bytes,
    bytes_saved: counts.savedBytes,
    confirms,
    nacks,
    returns,
    reconnects: connections.reconnects,
    connections_open: lanes.filter((lane) => lane.connected).length,
    connections_in_use: lanes.filter((lane) => lane.inFlight > 0).length,
    circuit_state: connections.endpoints.circuitState,
    blocked: lanes.some((lane) => lane.blocked !== undefined),
    events_per_second: perSecond,
    publish_latency_p50_ms: p50,
    publish_latency_p95_ms: p95,
    publish_latency_p99_ms: p99,
    confirm_failure_rate: (nacks + returns) / Math.max(1, confirms + nacks + returns),
  };
}

interface IssueSources {
  readonly clock: Clock;
  readonly options: DeliveryOptions;
  readonly ledger: Ledger;
  readonly log: EventLog;
  readonly connections: Connections;
  readonly throttle: LogThrottle;
  readonly spooling: Spooling | undefined;
}

/** All current problems. */
export function issuesOf({
  clock,
  options,
  ledger,
  log,
  connections,
  throttle,
  spooling,
}: IssueSources): HealthIssue[] {
  const { pool, endpoints, lanes } = connections;
  return findIssues({
    now: clock.now(),
    pool,
    endpoints,
    confirmTimeoutMs: options.confirmTimeoutMs,
    events: ledger.unsettled,
    maxEvents: options.maxBufferedEvents,
    bytes: log.bytes,
    maxBytes: options.maxBufferedBytes,
    spool: spooling?.problems ?? [],
    spools: spooling?.isUsed === true && spooling.takes(0, false),
    recent: throttle.recent(lanes.length),
  });
}

/** The state of the connections. */
export function healthOf(
  { lanes, endpoints, lastError }: Connections,
  isRunning: boolean,
  unsettled: Pick<Health, "pending" | "spooled">,
  problems: readonly Problem[],
): Health {
  const open = lanes.filter((lane) => lane.connected);
  const blocked = lanes.find((lane) => lane.blocked !== undefined)?.blocked;
  const up = open.some((lane) => lane.blocked === undefined);
  return {
    status: isRunning ? (up ? "up" : "degraded") : "stopped",
    connectionsOpen: open.length,
    circuitState: endpoints.circuitState,
    ...unsettled,
    problems,
    ...(blocked === undefined ? {} : { blocked }),
    ...(lastError === undefined ? {} : { lastError: { code: lastError.code, message: lastError.message } }),
  };
}
