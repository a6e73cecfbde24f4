import type { DeliveryStats } from "@streamll/core";
import type { Observable } from "./api.js";

/** What is read of a spool beside the figures of its sink. */
export interface ObservedSpool {
  /** How many folders of programs that have ended wait to be delivered. */
  readonly orphans: () => number;
  /** The option `spool.maxBytes`. */
  readonly maxBytes: number;
}

type Make = (name: string, unit: string, description: string) => Observable;

/** The metrics of a spool, and how each is read. */
export function spoolMetrics({ orphans, maxBytes }: ObservedSpool, counter: Make, gauge: Make) {
  const reads = new Map<Observable, (stats: DeliveryStats) => number>([
    [
      gauge("event.spool.size", "{event}", "Events that lie on the disk alone."),
      ({ events_spooled }) => events_spooled,
    ],
    [
      counter("event.spool.lost", "{event}", "Events that were on the disk and could not be read back."),
      ({ events_spool_lost }) => events_spool_lost,
    ],
    [gauge("spool.usage", "By", "Bytes of the spool's files."), ({ bytes_spooled }) => bytes_spooled],
    [gauge("spool.limit", "By", "Bytes that the spool's files may have (spool.maxBytes)."), () => maxBytes],
    [
      gauge("spool.orphans", "{folder}", "Folders that ended programs have left, not delivered yet."),
      orphans,
    ],
  ]);
  return {
    instruments: [...reads.keys()],
    read: (stats: DeliveryStats) => [...reads].map(([instrument, of]) => [instrument, of(stats)] as const),
  };
}
