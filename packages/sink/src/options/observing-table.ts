import { inGroup, otelMeter, otelTracer } from "@streamll/connection/internal";
import type { DeliveryStats, Logger } from "@streamll/core";
import { callback, duration, objectWith, type RowsOf } from "@streamll/core/options";
import type { Failure } from "../failure.js";
import type { ObservingOptions } from "./observing-options.js";

const observing = inGroup("Observing");

/** Options of a sink that say who learns how it does. */
export const observingTable = {
  metricsCallback: observing({
    kind: callback<(stats: DeliveryStats) => void>("(stats) => void"),
    about: "Called every `metricsInterval`, and once at `stop()`.",
  }),
  metricsInterval: observing({
    kind: duration("s", { min: 0.01, max: 86_400, plausible: 3600 }),
    default: 10,
    about: "Interval of `metricsCallback`.",
  }),
  meter: observing({
    kind: otelMeter,
    about:
      "Metrics of OpenTelemetry. From `metrics` or a provider the sink takes the meter `@streamll/sink`: see [OpenTelemetry](opentelemetry.md).",
  }),
  tracer: observing({
    kind: otelTracer,
    about:
      "Spans of OpenTelemetry: one for each batch, with links to the spans in which its events were emitted. See [OpenTelemetry](opentelemetry.md).",
  }),
  onFailure: observing({
    kind: callback<(failure: Failure) => void>("(failure) => void"),
    about: "Called for each event that failed for good or was dropped, with event, code, attempts and cause.",
  }),
  logger: observing({
    kind: objectWith<Logger>("`Logger`", "debug", "info", "warn", "error"),
    about:
      "Shaped like pino. Without one, what will not recover by itself is reported once through `process.emitWarning`.",
  }),
} satisfies RowsOf<ObservingOptions>;
