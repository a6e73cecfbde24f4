import type { Instruments, Observe } from "@streamll/connection/internal";
import type { DeliveryStats } from "@streamll/core";

/** What is read of a spool beside the figures of its sink. */
export interface ObservedSpool {
  /** How many folders of programs that have ended wait to be delivered. */
  readonly orphans: () => number;
  /** The option `spool.maxBytes`. */
  readonly maxBytes: number;
}

/** The metrics of a spool. */
export function spoolMetrics({ orphans, maxBytes }: ObservedSpool, { counter, gauge }: Instruments) {
  const size = gauge("event.spool.size", "{event}", "Events that lie on the disk alone.");
  const lost = counter(
    "event.spool.lost",
    "{event}",
    "Events that were on the disk and could not be read back.",
  );
  const usage = gauge("spool.usage", "By", "Bytes of the spool's files.");
  const limit = gauge("spool.limit", "By", "Bytes that the spool's files may have (spool.maxBytes).");
  const left = gauge(
    "spool.orphans",
    "{folder}",
    "Folders that ended programs have left, not delivered yet.",
  );
  return (observe: Observe, stats: DeliveryStats): void => {
    observe(size, stats.events_spooled);
    observe(lost, stats.events_spool_lost);
    observe(usage, stats.bytes_spooled);
    observe(limit, maxBytes);
    observe(left, orphans());
  };
}
