import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import type { Sdk } from "./sdk.js";

/** OpenTelemetry 2, with what it exports kept in memory. */
export function sdk2(): Sdk & AsyncDisposable {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const spanExporter = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spanExporter)] });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  return {
    meterProvider,
    tracerProvider,
    context,
    setSpanContext: (given, span) => trace.setSpanContext(given, span),
    metrics: () => exporter.getMetrics().at(-1)?.scopeMetrics ?? [],
    spans: () => spanExporter.getFinishedSpans(),
    async [Symbol.asyncDispose]() {
      context.disable();
      await meterProvider.shutdown();
    },
  };
}
