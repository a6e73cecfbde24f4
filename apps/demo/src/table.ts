import type { DeliveryStats } from "@streamll/core";

/** A few of the sink's counters, in three columns. */
export function tableOf(stats: DeliveryStats): string[] {
  const ms = (figure: number) => `${figure.toFixed(1)} ms`;
  const columns = [
    {
      events_received: stats.events_received,
      events_sent: stats.events_sent,
      events_failed: stats.events_failed,
      events_dropped: stats.events_dropped,
    },
    {
      batches_sent: stats.batches_sent,
      bytes_sent: stats.bytes_sent,
      events_retried: stats.events_retried,
      reconnects: stats.reconnects,
    },
    {
      confirms: stats.confirms,
      publish_latency_p50: ms(stats.publish_latency_p50_ms),
      publish_latency_p95: ms(stats.publish_latency_p95_ms),
      publish_latency_p99: ms(stats.publish_latency_p99_ms),
    },
  ].map(rowsOf);
  return columns[0]!.map((_, row) => columns.map((rows) => rows[row]).join("     "));
}

function rowsOf(column: Readonly<Record<string, number | string>>): string[] {
  return Object.entries(column).map(([name, value]) => `${name.padEnd(20)}${String(value).padStart(9)}`);
}
