// Measures what `meter` and `tracer` cost for each event, in microseconds of CPU, with OpenTelemetry 2.
// Run it with `npx tsx packages/sink/test/otel/cost.ts`.

import { context, trace } from "@opentelemetry/api";
import { MemoryBroker } from "@streamll/transport-memory";
import { RabbitMQSink } from "../../src/index.js";
import { type Instruments, printCosts } from "./print-costs.js";
import { program } from "./sdk.js";

const EVENTS = 100_000;

/** Microseconds of CPU for each event, which carries the span of a request. */
async function costOf(options: Instruments): Promise<number> {
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

await printCosts(costOf);
