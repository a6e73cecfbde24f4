import type { Instruments, Observe } from "@streamll/connection/internal";
import { deliveryErrorCodes } from "@streamll/core";
import type { DeliveryEngine } from "@streamll/core/internal";
import { type ObservedSpool, spoolMetrics } from "./spool-metrics.js";

/** What is read of a sink when metrics are collected. */
export type Observed = Pick<DeliveryEngine, "stats" | "totals" | "health">;

/** @param capacity the option `maxBufferedEvents`. */
export const sinkMetrics =
  (sink: Observed, capacity: number, spool: ObservedSpool | undefined) =>
  ({ counter, gauge }: Instruments): ((observe: Observe) => void) => {
    const size = gauge(
      "event.queue.size",
      "{event}",
      "Events in the buffer, those that wait for a retry included.",
    );
    const room = gauge(
      "event.queue.capacity",
      "{event}",
      "Events that fit in the buffer (maxBufferedEvents).",
    );
    const inFlight = gauge("event.inflight", "{event}", "Events that the broker has not answered yet.");
    const exported = counter(
      "event.exported",
      "{event}",
      "Settled events; error.type says why one was not sent.",
    );
    const rejected = counter("event.rejected", "{event}", "Events that were not accepted.");
    const open = gauge("connection.open", "{connection}", "Open connections.");
    const reconnects = counter(
      "connection.reconnects",
      "{connection}",
      "Connections that were opened again.",
    );
    const ofSpool = spool && spoolMetrics(spool, { counter, gauge });
    return (observe) => {
      const stats = sink.stats();
      observe(size, stats.events_buffered);
      observe(room, capacity);
      observe(inFlight, stats.events_in_flight);
      observe(exported, stats.events_sent);
      const { failures } = sink.totals();
      // Each from 0 on: a rate sees no increase in a series that begins with the first loss.
      for (const code of deliveryErrorCodes) observe(exported, failures[code] ?? 0, code);
      observe(rejected, stats.events_rejected);
      observe(open, stats.connections_open);
      observe(reconnects, stats.reconnects);
      ofSpool?.(observe, stats);
    };
  };
