// Run by queue.ts: a server that behaves as Azure Service Bus, which ends with its parent.
import { startFakeServiceBus } from "@streamll/fake-service-bus";
import { RabbitMQSink } from "@streamll/sink";
import { benchEvent } from "../event.js";
import { QUEUE, type Told } from "./queue.js";

const bus = await startFakeServiceBus({ entities: [QUEUE] });

async function fill(events: number): Promise<void> {
  bus.remove(QUEUE);
  bus.add(QUEUE);
  const sink = new RabbitMQSink({ amqpUrl: bus.connectionString, exchange: "", routingKey: QUEUE });
  await sink.start();
  for (let index = 0; index < events; index++)
    while (!sink.handleEvent(benchEvent(index))) await sink.ready();
  await sink.flush();
  await sink.stop();
}

const tell = () => {
  const told: Told = { connectionString: bus.connectionString, left: bus.stored(QUEUE).length };
  process.send!(told);
};
process.on("message", async ({ fill: events }: { readonly fill?: number }) => {
  if (events !== undefined) await fill(events);
  tell();
});
process.on("disconnect", () => process.exit(0));
tell();
