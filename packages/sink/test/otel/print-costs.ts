import type { MeterProvider, TracerProvider } from "@streamll/connection";
import { sdk2 } from "./on-2.js";

const ROUNDS = 7;

/** What a sink and a consumer may be given of OpenTelemetry. */
export interface Instruments {
  readonly meter?: MeterProvider;
  readonly tracer?: TracerProvider;
}

/** Prints the least of several rounds of `costOf`, which gives microseconds, with each choice of OpenTelemetry 2. */
export async function printCosts(costOf: (instruments: Instruments) => Promise<number>): Promise<void> {
  await using sdk = sdk2();
  const kinds: Readonly<Record<string, Instruments>> = {
    neither: {},
    meter: { meter: sdk.meterProvider },
    tracer: { tracer: sdk.tracerProvider },
    both: { meter: sdk.meterProvider, tracer: sdk.tracerProvider },
  };
  const least: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, instruments] of Object.entries(kinds)) {
      const cost = await costOf(instruments);
      // The first round also compiles.
      if (round > 0) least[name] = Math.min(least[name] ?? Number.POSITIVE_INFINITY, cost);
    }
  for (const [name, cost] of Object.entries(least)) console.log(`${name}: ${cost.toFixed(2)} µs`);
}
