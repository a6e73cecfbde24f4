import { type Kind, Refusal } from "@streamll/core/options";
import type { Meter, MeterProvider, Tracer, TracerProvider } from "./api.js";

const refused = new Refusal();

/** An object that has one of two methods: `of` has what is needed, `provider` returns such an object. */
function madeOrProvided<T extends object>(
  type: string,
  allowed: string,
  methods: { readonly of: string; readonly provider: string },
): Kind<T> {
  return {
    type,
    allowed,
    read(value) {
      if (typeof value !== "object" || value === null) return refused;
      const given = value as Readonly<Record<string, unknown>>;
      const isOne = [methods.of, methods.provider].some((method) => typeof given[method] === "function");
      return isOne ? (value as T) : refused;
    },
    show: () => "an object",
  };
}

export const otelMeter = madeOrProvided<MeterProvider | Meter>(
  "`MeterProvider` or `Meter`",
  'a Meter or MeterProvider of OpenTelemetry, such as `metrics` of "@opentelemetry/api"',
  { of: "createCounter", provider: "getMeter" },
);

export const otelTracer = madeOrProvided<TracerProvider | Tracer>(
  "`TracerProvider` or `Tracer`",
  'a Tracer or TracerProvider of OpenTelemetry, such as `trace` of "@opentelemetry/api"',
  { of: "startSpan", provider: "getTracer" },
);
