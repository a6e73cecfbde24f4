// A service of nothing but a consumer, which a signal ends.
import { EventConsumer } from "@streamll/consumer";
import { stopOnSignals } from "@streamll/core";
import { MemoryBroker } from "@streamll/transport-memory";

const broker = MemoryBroker.named();
broker.declareQueue("q");
const consumer = new EventConsumer({
  transport: broker.transport(),
  queue: "q",
  concurrency: 1,
  async handle({ operation }) {
    console.log(`began ${operation}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
    console.log(`done ${operation}`);
  },
});
stopOnSignals({
  async stop() {
    const { handled, givenBack } = await consumer.stop();
    console.log(`handled ${handled}, gave back ${givenBack}`);
  },
});
await consumer.start();
// Later, so that nothing but the consumer keeps the process until then.
setTimeout(() => {
  for (const operation of ["1", "2"])
    broker.publish({ routingKey: "q", body: JSON.stringify({ event_type: "end", operation }) });
}, 300).unref();
