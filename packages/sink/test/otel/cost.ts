// Measures what `meter` and `tracer` cost for each event, in microseconds of CPU, with OpenTelemetry 2.
// Run it with `npx tsx packages/sink/test/otel/cost.ts`.

import { context, trace } from "@opentelemetry/api";
import { MemoryBroker } from "@streamll/transport-memory";
import { RabbitMQSink, type RabbitMQSinkOptions } from "../../src/index.js";
import { sdk2 } from "./on-2.js";
import { program } from "./sdk.js";

const EVENTS = 100_000;
const ROUNDS = 7;

/** Microseconds of CPU for each event, which carries the span of a request. */
async function costOf(options: RabbitMQSinkOptions): Promise<number> {
  const sink = new RabbitMQSink({ transport: new MemoryBroker().transport(), ...options });
  await sink.start();
  const before = process.cpuUsage();
  for (let index = 0; index < EVENTS; index++) {
    // Ten events a request.
    const span = program((0xb7ad6b71 + Math.floor(index / 10)).toString(16).padStart(16, "0"));
    context.with(trace.setSpanContext(context.active(), span), () => sink.handleEvent({ eventType: "step" }));
    if (index % 1000 === 999) await sink.ready();
  }
  await sink.flush();
  const { user, system } = process.cpuUsage(before);
  await sink.stop();
  return (user + system) / EVENTS;
}

await using sdk = sdk2();
const kinds: Readonly<Record<string, RabbitMQSinkOptions>> = {
  neither: {},
  meter: { meter: sdk.meterProvider },
  tracer: { tracer: sdk.tracerProvider },
  both: { meter: sdk.meterProvider, tracer: sdk.tracerProvider },
};
const least: Record<string, number> = {};
for (let round = 0; round < ROUNDS; round++)
  for (const [name, options] of Object.entries(kinds)) {
    const cost = await costOf(options);
    // The first round also compiles.
    if (round > 0) least[name] = Math.min(least[name] ?? Number.POSITIVE_INFINITY, cost);
  }
for (const [name, cost] of Object.entries(least)) console.log(`${name}: ${cost.toFixed(2)} µs`);
