import type { Meter, MeterProvider, Tracer, TracerProvider } from "@streamll/connection";
import type { DeliveryStats, Logger } from "@streamll/core";
import type { DurationText } from "@streamll/core/options";
import type { Failure } from "../failure.js";

/** Options of a sink that say who learns how it does. */
export interface ObservingOptions {
  /** Called every `metricsInterval`, and once at `stop()`. */
  readonly metricsCallback?: ((stats: DeliveryStats) => void) | undefined;
  /** Seconds. Default 10. */
  readonly metricsInterval?: number | DurationText | undefined;
  /**
   * Metrics of OpenTelemetry: `metrics` of `@opentelemetry/api` or a `MeterProvider`, of which the sink takes the meter
   * `@streamll/sink`; or a `Meter`. Default: none.
   */
  readonly meter?: MeterProvider | Meter | undefined;
  /** Spans of OpenTelemetry, one for each batch: `trace` or a `TracerProvider`, or a `Tracer`. Default: none. */
  readonly tracer?: TracerProvider | Tracer | undefined;
  /** Called for each event that failed for good or was dropped. */
  readonly onFailure?: ((failure: Failure) => void) | undefined;
  /** Shaped like pino. Never handed a secret or an event's data. */
  readonly logger?: Logger | undefined;
}
