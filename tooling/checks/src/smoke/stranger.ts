// A stranger's program, as the smoke test puts it into an empty project: written once, compiled as an ES module and
// as CommonJS, and run against the packed packages.
import { deepEqual, equal } from "node:assert/strict";
import { RabbitMQSink } from "@streamll/sink";
import { MemoryBroker } from "@streamll/transport-memory";

async function main(): Promise<void> {
  const broker = new MemoryBroker();
  const sink = new RabbitMQSink({ transport: broker.transport() });
  const sent = Array.from({ length: 10 }, (_, index) => ({
    executionId: "one",
    eventType: "step",
    data: { index },
  }));
  for (const event of sent) equal(sink.handleEvent(event), true);
  const report = await sink.stop();
  equal(report.sent, 10);
  const arrived = broker.consume("streamll_events").map(({ body }) => JSON.parse(body.toString()));
  deepEqual(
    arrived.map(({ data }) => data.index),
    sent.map(({ data }) => data.index),
  );
  console.log("10 events sent and read");
}

void main();
