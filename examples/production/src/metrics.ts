import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";

/** What Prometheus scrapes; the service serves it at a path of its own. */
export const exporter = new PrometheusExporter({ preventServerStart: true });

export const meterProvider = new MeterProvider({ readers: [exporter] });
