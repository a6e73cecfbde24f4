import * as api from "@opentelemetry/api";
import { load } from "../../../sources/test/not-installed.js";
import type { Sdk } from "./sdk.js";

/** OpenTelemetry 3, which needs a newer Node, with what it exports kept in memory. */
export async function sdk3(): Promise<Sdk> {
  const { AsyncLocalStorageContextManager } = await load("@opentelemetry/context-async-hooks");
  const metrics = await load("@opentelemetry/sdk-metrics");
  const { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } =
    await load("@opentelemetry/sdk-trace");
  const exporter = new metrics.InMemoryMetricExporter(metrics.AggregationTemporality.CUMULATIVE);
  const reader = new metrics.PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const meterProvider = new metrics.MeterProvider({ readers: [reader] });
  const spanExporter = new InMemorySpanExporter();
  const tracerProvider = new TracerProvider({
    spanProcessors: [new SimpleSpanProcessor({ exporter: spanExporter })],
  });
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  return {
    meterProvider,
    tracerProvider,
    context: api.context,
    setSpanContext: (given, span) => api.trace.setSpanContext(given, span),
    metrics: () => exporter.getMetrics().at(-1)?.scopeMetrics ?? [],
    spans: () => spanExporter.getFinishedSpans(),
  };
}
