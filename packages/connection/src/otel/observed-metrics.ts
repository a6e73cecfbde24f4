import type { Attributes, Meter, Observable, ObservableResult } from "./api.js";
import type { Instrumentation } from "./instrumentation.js";

export interface ObservedMetricsSetup {
  readonly instrumentation: Instrumentation;
  /** Of all names: `streamll.sink`, for example. */
  readonly prefix: string;
  readonly attributes: Attributes;
  /** Makes the instruments, and returns what observes them whenever they are collected. */
  readonly metrics: (make: Instruments) => (observe: Observe) => void;
  /** The codes of the problems of this moment. */
  readonly problems: () => readonly string[];
}

/** @param code what `error.type` says; `""` for none. */
export type Observe = (instrument: Observable, value: number, code?: string) => void;

type Make = (name: string, unit: string, description: string) => Observable;

export interface Instruments {
  readonly counter: Make;
  readonly gauge: Make;
}

/**
 * Metrics that no convention has: read when they are collected, so that they cost nothing in between.
 *
 * @returns to be called at the end. What has ended is collected once more: by the provider's own shutdown, for example.
 */
export function observeMetrics({ instrumentation, ...setup }: ObservedMetricsSetup): () => void {
  const { meter } = instrumentation;
  if (meter === undefined) return () => {};
  return instrumentation.safely(() => observing(meter, instrumentation, setup)) ?? (() => {});
}

function observing(
  meter: Meter,
  instrumentation: Instrumentation,
  { prefix, attributes, metrics, problems }: Omit<ObservedMetricsSetup, "instrumentation">,
): () => void {
  const instruments: Observable[] = [];
  const made = (instrument: Observable): Observable => {
    instruments.push(instrument);
    return instrument;
  };
  const gauge: Make = (name, unit, description) =>
    made(meter.createObservableUpDownCounter(`${prefix}.${name}`, { unit, description }));
  const counter: Make = (name, unit, description) =>
    made(meter.createObservableCounter(`${prefix}.${name}`, { unit, description }));
  const read = metrics({ counter, gauge });
  const problem = gauge("problem", "{problem}", "Problems of this moment, by their code in error.type.");

  // A problem that is over is observed as 0: what is not observed, an SDK may export with its last value for ever.
  const reported = new Set<string>();
  let stopped = false;
  let leaving = false;
  const observe = (result: ObservableResult) => {
    const tell: Observe = (instrument, value, code = "") =>
      result.observe(instrument, value, code === "" ? attributes : { ...attributes, "error.type": code });
    read(tell);
    const present = problems();
    for (const code of present) reported.add(code);
    for (const code of reported) tell(problem, present.filter((one) => one === code).length, code);
    if (!stopped || leaving) return;
    leaving = true;
    const leave = () => meter.removeBatchObservableCallback(observe, instruments);
    // Not during the collection, which reads the list of callbacks.
    setImmediate(() => instrumentation.safely(leave)).unref();
  };
  meter.addBatchObservableCallback(observe, instruments);
  return () => {
    stopped = true;
  };
}
