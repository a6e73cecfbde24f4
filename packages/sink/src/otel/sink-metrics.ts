import { deliveryErrorCodes } from "@streamll/core";
import type { DeliveryEngine } from "@streamll/core/internal";
import type { Attributes, Meter, ObservableResult } from "./api.js";
import { type ObservedSpool, spoolMetrics } from "./spool-metrics.js";

/** What is read of a sink when metrics are collected. */
export type Observed = Pick<DeliveryEngine, "stats" | "totals" | "health">;

interface SinkMetricsSetup {
  readonly meter: Meter;
  readonly sink: Observed;
  /** The option `maxBufferedEvents`. */
  readonly capacity: number;
  readonly spool: ObservedSpool | undefined;
  readonly attributes: Attributes;
  /** Reports what OpenTelemetry throws. */
  readonly safely: (act: () => void) => void;
}

/** The metrics of a sink that no convention has: read when they are collected, so that they cost nothing in between. */
export function observeSink(setup: SinkMetricsSetup): () => void {
  const { meter, sink, capacity, spool, attributes, safely } = setup;
  const counter = (name: string, unit: string, description: string) =>
    meter.createObservableCounter(`streamll.sink.${name}`, { unit, description });
  const gauge = (name: string, unit: string, description: string) =>
    meter.createObservableUpDownCounter(`streamll.sink.${name}`, { unit, description });

  const size = gauge(
    "event.queue.size",
    "{event}",
    "Events in the buffer, those that wait for a retry included.",
  );
  const room = gauge("event.queue.capacity", "{event}", "Events that fit in the buffer (maxBufferedEvents).");
  const inFlight = gauge("event.inflight", "{event}", "Events that the broker has not answered yet.");
  const exported = counter(
    "event.exported",
    "{event}",
    "Settled events; error.type says why one was not sent.",
  );
  const rejected = counter("event.rejected", "{event}", "Events that were not accepted.");
  const open = gauge("connection.open", "{connection}", "Open connections.");
  const reconnects = counter("connection.reconnects", "{connection}", "Connections that were opened again.");
  const problem = gauge("problem", "{problem}", "Problems of this moment, by their code in error.type.");
  const ofSpool = spool && spoolMetrics(spool, counter, gauge);
  const instruments = [size, room, inFlight, exported, rejected, open, reconnects, problem];
  instruments.push(...(ofSpool?.instruments ?? []));

  const withError = (code: string) => ({ ...attributes, "error.type": code });
  const observe = (result: ObservableResult) => {
    const stats = sink.stats();
    result.observe(size, stats.events_buffered, attributes);
    result.observe(room, capacity, attributes);
    result.observe(inFlight, stats.events_in_flight, attributes);
    result.observe(exported, stats.events_sent, attributes);
    const { failures } = sink.totals();
    // Each from 0 on: a rate sees no increase in a series that begins with the first loss.
    for (const code of deliveryErrorCodes) result.observe(exported, failures[code] ?? 0, withError(code));
    result.observe(rejected, stats.events_rejected, attributes);
    result.observe(open, stats.connections_open, attributes);
    result.observe(reconnects, stats.reconnects, attributes);
    for (const [instrument, value] of ofSpool?.read(stats) ?? [])
      result.observe(instrument, value, attributes);
    const problems = sink.health().problems.map(({ code }) => code);
    for (const code of problems) reported.add(code);
    for (const code of reported)
      result.observe(problem, problems.filter((one) => one === code).length, withError(code));
    if (!stopped || leaving) return;
    leaving = true;
    // Not during the collection, which reads the list of callbacks.
    setImmediate(() => safely(() => meter.removeBatchObservableCallback(observe, instruments))).unref();
  };
  // A problem that is over is observed as 0: what is not observed, an SDK may export with its last value for ever.
  const reported = new Set<string>();
  let stopped = false;
  let leaving = false;
  meter.addBatchObservableCallback(observe, instruments);
  // The totals of a sink that has stopped are collected once more: by the provider's own shutdown, for example.
  return () => {
    stopped = true;
  };
}
