import type { Transport } from "@streamll/core";
import { type Complain, nameOfError } from "../logging.js";
import type { Plan } from "../resolve.js";
import { version } from "../version.js";
import type { Meter, Tracer } from "./api.js";
import { observedTransport } from "./observed-transport.js";
import { placeAttributes } from "./place.js";
import { type PublishOperation, PublishRecorder } from "./publish-recorder.js";
import { type Observed, observeSink } from "./sink-metrics.js";

/** The instrumentation scope of all metrics and spans of a sink. */
const SCOPE = "@streamll/sink";

/** The options `meter` and `tracer` at work. */
export class OpenTelemetry {
  readonly #plan: Plan;
  readonly #complain: Complain;
  readonly #meter: Meter | undefined;
  readonly #tracer: Tracer | undefined;

  constructor(plan: Plan, complain: Complain) {
    const { meter, tracer } = plan.values;
    this.#plan = plan;
    this.#complain = complain;
    this.#meter = this.#safely(() =>
      meter !== undefined && "getMeter" in meter ? meter.getMeter(SCOPE, version) : meter,
    );
    this.#tracer = this.#safely(() =>
      tracer !== undefined && "getTracer" in tracer ? tracer.getTracer(SCOPE, version) : tracer,
    );
  }

  /** The transport of the sink, with its batches recorded; without the options, the transport itself. */
  recorded(transport: Transport): Transport {
    if (this.#meter === undefined && this.#tracer === undefined) return transport;
    const recorder = this.#safely(
      () => new PublishRecorder(this.#meter, this.#tracer, placeAttributes(this.#plan)),
    );
    return observedTransport(transport, (endpoint, batch) => {
      const operation = this.#safely(() => recorder?.begin(endpoint, batch));
      return operation && this.#safe(operation);
    });
  }

  /** Lets the sink's own metrics be collected, until the returned function is called. */
  observe(sink: Observed, orphans: () => number): () => void {
    const meter = this.#meter;
    if (meter === undefined) return () => {};
    const capacity = this.#plan.delivery.maxBufferedEvents;
    const { spool: given } = this.#plan.values;
    const spool = given && { maxBytes: given.maxBytes, orphans };
    const attributes = placeAttributes(this.#plan);
    const safely = (act: () => void) => this.#safely(act);
    return (
      this.#safely(() => observeSink({ meter, sink, capacity, spool, attributes, safely })) ?? (() => {})
    );
  }

  #safe(operation: PublishOperation): PublishOperation {
    return {
      settled: (messages, outcome) => this.#safely(() => operation.settled(messages, outcome)) ?? false,
      lost: (error) => this.#safely(() => operation.lost(error)),
    };
  }

  /** What OpenTelemetry throws must not stop a delivery. */
  #safely<T>(act: () => T): T | undefined {
    try {
      return act();
    } catch (error) {
      const message = `meter or tracer threw ${nameOfError(error)} (reported once)`;
      this.#complain("callback_failed", "OpenTelemetry", message);
      return undefined;
    }
  }
}
