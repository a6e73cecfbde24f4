// The part of @opentelemetry/api 1.x that is called, so that a program without OpenTelemetry installs none of it.

export type Attributes = Readonly<Record<string, string | number>>;

interface InstrumentOptions {
  readonly description: string;
  readonly unit: string;
  readonly advice?: { explicitBucketBoundaries?: number[] };
}

export interface Counter {
  add(value: number, attributes?: Attributes): void;
}

export interface Histogram {
  record(value: number, attributes?: Attributes): void;
}

/** An instrument that is read when metrics are collected. Only its identity matters here. */
export type Observable = object;

/** Passed to the callback that reads instruments. */
export interface ObservableResult {
  observe(instrument: Observable, value: number, attributes?: Attributes): void;
}

/** `Meter` of `@opentelemetry/api`, as far as it is used. */
export interface Meter {
  createCounter(name: string, options?: InstrumentOptions): Counter;
  createHistogram(name: string, options?: InstrumentOptions): Histogram;
  createObservableCounter(name: string, options?: InstrumentOptions): Observable;
  createObservableUpDownCounter(name: string, options?: InstrumentOptions): Observable;
  // biome-ignore lint/suspicious/noExplicitAny: the type of an instrument has a parameter that is the API's own
  addBatchObservableCallback(callback: (result: any) => void, instruments: any[]): void;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  removeBatchObservableCallback(callback: (result: any) => void, instruments: any[]): void;
}

/** `MeterProvider` of `@opentelemetry/api`; its global `metrics` is one too. */
export interface MeterProvider {
  getMeter(name: string, version?: string): Meter;
}

interface TraceState {
  set(key: string, value: string): TraceState;
  unset(key: string): TraceState;
  get(key: string): string | undefined;
  serialize(): string;
}

export interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
  readonly isRemote?: boolean;
  readonly traceState?: TraceState;
}

interface SpanOptions {
  readonly kind?: number;
  readonly root?: boolean;
  attributes?: Record<string, string | number>;
  links?: { context: SpanContext }[];
}

export interface Span {
  setAttribute(name: string, value: string): unknown;
  setStatus(status: { code: number; message?: string }): unknown;
  end(): void;
}

/** `Tracer` of `@opentelemetry/api`, as far as it is used. */
export interface Tracer {
  startSpan(name: string, options?: SpanOptions): Span;
}

/** `TracerProvider` of `@opentelemetry/api`; its global `trace` is one too. */
export interface TracerProvider {
  getTracer(name: string, version?: string): Tracer;
}
