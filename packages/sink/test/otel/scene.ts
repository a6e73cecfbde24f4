import type { Context, SpanContext } from "@opentelemetry/api";
import { MemoryBroker } from "@streamll/transport-memory";
import { RabbitMQSink } from "../../src/index.js";
import type { MeterProvider, TracerProvider } from "../../src/otel/api.js";

/** What the scene needs of an SDK, whatever its version. */
export interface Sdk {
  readonly meterProvider: MeterProvider & { forceFlush(): Promise<void> };
  readonly tracerProvider: TracerProvider & { forceFlush(): Promise<void> };
  readonly context: { active(): Context; with<T>(context: Context, run: () => T): T };
  readonly setSpanContext: (context: Context, span: SpanContext) => Context;
  /** Those of the last export. */
  readonly metrics: () => readonly ScopeMetrics[];
  readonly spans: () => readonly ReadableSpan[];
}

interface ScopeMetrics {
  readonly scope: { readonly name: string; readonly version?: string };
  readonly metrics: readonly {
    readonly descriptor: { readonly name: string; readonly unit: string };
    readonly dataPoints: readonly { readonly attributes: object; readonly value: unknown }[];
  }[];
}

interface ReadableSpan {
  readonly name: string;
  readonly kind: number;
  readonly attributes: object;
  readonly status: object;
  readonly links: readonly { readonly context: SpanContext }[];
  readonly parentSpanContext?: SpanContext | undefined;
  readonly instrumentationScope: { readonly name: string; readonly version?: string };
}

export const program = (spanId: string): SpanContext => ({
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId,
  traceFlags: 1,
});

const spanIds = ["b7ad6b7169203331", "00f067aa0ba902b7"];

/** Two requests send events in one batch, of which the broker refuses one, twice. */
export async function play({ meterProvider, tracerProvider, context, setSpanContext, ...sdk }: Sdk) {
  const broker = new MemoryBroker();
  const sink = new RabbitMQSink({
    transport: broker.transport(),
    meter: meterProvider,
    tracer: tracerProvider,
    retryBackoffMs: 1,
    maxRetries: 1,
    maxBufferedEvents: 500,
  });
  broker.faults.nack(({ type }) => type === "refused");
  await sink.start();
  for (const spanId of spanIds) {
    context.with(setSpanContext(context.active(), program(spanId)), () => {
      sink.handleEvent({ eventType: "start" });
      sink.handleEvent({ eventType: spanId === spanIds[0] ? "end" : "refused" });
    });
  }
  await sink.flush();
  await meterProvider.forceFlush();
  const running = pointsOf(sdk.metrics());
  broker.faults.heal();
  sink.handleEvent({ eventType: "late" });
  await sink.stop();
  await meterProvider.forceFlush();
  await tracerProvider.forceFlush();
  const stopped = pointsOf(sdk.metrics());
  const spans = sdk.spans().map(({ name, kind, attributes, status, links, ...span }) => ({
    name,
    kind,
    attributes,
    status,
    parent: span.parentSpanContext?.spanId ?? null,
    links: links.map(({ context: { spanId } }) => spanId).sort(),
    scope: span.instrumentationScope.name,
  }));
  const scopes = sdk.metrics().map(({ scope: { name, version } }) => ({ name, version }));
  return { running, stopped, spans, scopes };
}

export type Played = Awaited<ReturnType<typeof play>>;

/** `name unit error.type` of each data point, with its value; of a histogram the count. */
function pointsOf(scopes: readonly ScopeMetrics[]): Record<string, unknown> {
  const points = scopes.flatMap(({ metrics }) =>
    metrics.flatMap(({ descriptor: { name, unit }, dataPoints }) =>
      dataPoints.map(({ attributes, value }) => {
        const { "error.type": error = "", ...rest } = attributes as Record<string, unknown>;
        const shown = typeof value === "number" ? value : (value as { readonly count: number }).count;
        return [`${name} ${unit} ${error}`.trim(), { ...rest, value: shown }];
      }),
    ),
  );
  return Object.fromEntries(points);
}
