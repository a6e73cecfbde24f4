// Measures what `meter` and `tracer` cost for each event that is handled, in microseconds of CPU, with OpenTelemetry 2.
// Run it with `npx tsx packages/consumer/test/otel/cost.ts`.

import { EventConsumer } from "@streamll/consumer";
import { MemoryBroker } from "@streamll/transport-memory";
import { type Instruments, printCosts } from "../../../sink/test/otel/print-costs.js";

const EVENTS = 50_000;

/** Microseconds of CPU for each event, whose message names the span of a request, as those of a sink do. */
async function costOf(options: Instruments): Promise<number> {
  const broker = new MemoryBroker();
  broker.declareQueue("team");
  for (let index = 0; index < EVENTS; index++) {
    // Ten events a request.
    const request = Math.floor(index / 10);
    const span = (0xb7ad6b71 + request).toString(16).padStart(16, "0");
    broker.publish({
      routingKey: "team",
      messageId: `event-${index}`,
      correlationId: `run-${request}`,
      headers: { traceparent: `00-0af7651916cd43dd8448eb211c80319c-${span}-01` },
      body: JSON.stringify({
        ...{ event_id: `event-${index}`, execution_id: `run-${request}`, event_type: "step" },
      }),
    });
  }
  let handled = 0;
  let done = () => {};
  const all = new Promise<void>((resolve) => {
    done = resolve;
  });
  const consumer = new EventConsumer({
    transport: broker.transport(),
    queue: "team",
    ...options,
    handle() {
      if (++handled === EVENTS) done();
    },
  });
  const before = process.cpuUsage();
  await consumer.start();
  await all;
  await consumer.stop();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / EVENTS;
}

await printCosts(costOf);
