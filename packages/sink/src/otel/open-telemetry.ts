import { Instrumentation, observeMetrics } from "@streamll/connection/internal";
import type { Transport } from "@streamll/core";
import type { Complain } from "../logging.js";
import type { Plan } from "../resolve.js";
import { version } from "../version.js";
import { observedTransport } from "./observed-transport.js";
import { placeAttributes } from "./place.js";
import { type PublishOperation, PublishRecorder } from "./publish-recorder.js";
import { type Observed, sinkMetrics } from "./sink-metrics.js";

/** The options `meter` and `tracer` of a sink at work. */
export class OpenTelemetry {
  readonly #plan: Plan;
  readonly #instrumentation: Instrumentation;

  constructor(plan: Plan, complain: Complain) {
    const { meter, tracer } = plan.values;
    this.#plan = plan;
    this.#instrumentation = new Instrumentation({
      ...{ meter, tracer, scope: "@streamll/sink", version, complain },
    });
  }

  /** The transport of the sink, with its batches recorded; without the options, the transport itself. */
  recorded(transport: Transport): Transport {
    const { isOff, meter, tracer } = this.#instrumentation;
    if (isOff) return transport;
    const recorder = this.#safely(() => new PublishRecorder(meter, tracer, placeAttributes(this.#plan)));
    return observedTransport(transport, (endpoint, batch) => {
      const operation = this.#safely(() => recorder?.begin(endpoint, batch));
      return operation && this.#safe(operation);
    });
  }

  /** Lets the sink's own metrics be collected, until the returned function is called. */
  observe(sink: Observed, orphans: () => number): () => void {
    const { delivery, values } = this.#plan;
    const spool = values.spool && { maxBytes: values.spool.maxBytes, orphans };
    return observeMetrics({
      instrumentation: this.#instrumentation,
      prefix: "streamll.sink",
      attributes: placeAttributes(this.#plan),
      metrics: sinkMetrics(sink, delivery.maxBufferedEvents, spool),
      problems: () => sink.health().problems.map(({ code }) => code),
    });
  }

  #safe(operation: PublishOperation): PublishOperation {
    return {
      settled: (messages, outcome) => this.#safely(() => operation.settled(messages, outcome)) ?? false,
      lost: (error) => this.#safely(() => operation.lost(error)),
    };
  }

  #safely<T>(act: () => T): T | undefined {
    return this.#instrumentation.safely(act);
  }
}
