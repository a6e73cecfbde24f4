import type { Context, SpanContext } from "@opentelemetry/api";
import type { MeterProvider, TracerProvider } from "@streamll/connection";

/** What a scene needs of an SDK, whatever its version. */
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

/** `name unit error.type` of each data point, with its value; of a histogram the count. */
export function pointsOf(scopes: readonly ScopeMetrics[]): Record<string, unknown> {
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

export const spansOf = (spans: readonly ReadableSpan[]) =>
  spans.map(({ name, kind, attributes, status, links, ...span }) => ({
    name,
    kind,
    attributes,
    status,
    parent: span.parentSpanContext?.spanId ?? null,
    links: links.map(({ context: { spanId } }) => spanId).sort(),
    scope: span.instrumentationScope.name,
  }));

export const scopesOf = (scopes: readonly ScopeMetrics[]) =>
  scopes.map(({ scope: { name, version } }) => ({ name, version }));
