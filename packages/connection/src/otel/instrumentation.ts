import { nameOfError } from "@streamll/core/internal";
import type { Complain } from "../logging.js";
import type { Meter, MeterProvider, Tracer, TracerProvider } from "./api.js";

export interface InstrumentationSetup {
  /** The options. */
  readonly meter?: MeterProvider | Meter | undefined;
  readonly tracer?: TracerProvider | Tracer | undefined;
  /** The instrumentation scope of all that is taken from a provider: a package, and its version. */
  readonly scope: string;
  readonly version: string;
  readonly complain: Complain;
}

/** What the options `meter` and `tracer` name. */
export class Instrumentation {
  readonly meter: Meter | undefined;
  readonly tracer: Tracer | undefined;
  readonly #complain: Complain;

  constructor({ meter, tracer, scope, version, complain }: InstrumentationSetup) {
    this.#complain = complain;
    this.meter = this.safely(() =>
      meter !== undefined && "getMeter" in meter ? meter.getMeter(scope, version) : meter,
    );
    this.tracer = this.safely(() =>
      tracer !== undefined && "getTracer" in tracer ? tracer.getTracer(scope, version) : tracer,
    );
  }

  get isOff(): boolean {
    return this.meter === undefined && this.tracer === undefined;
  }

  /** What OpenTelemetry throws must not stop a delivery: it is reported once. */
  safely<T>(act: () => T): T | undefined {
    try {
      return act();
    } catch (error) {
      const message = `meter or tracer threw ${nameOfError(error)} (reported once)`;
      this.#complain("callback_failed", "OpenTelemetry", message);
      return undefined;
    }
  }
}
