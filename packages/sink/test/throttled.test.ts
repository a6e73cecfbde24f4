import { startFakeServiceBus } from "@streamll/fake-service-bus";
import { expect, it } from "vitest";
import { RabbitMQSink } from "../src/index.js";

it("while Azure Service Bus throttles, events wait in order, no try is used, and health says so", async () => {
  await using bus = await startFakeServiceBus({ entities: ["events"] });
  const sink = new RabbitMQSink({
    amqpUrl: bus.connectionString,
    routingKey: "events",
    connectionPoolSize: 1,
    maxRetries: 0,
    retryBackoffMs: 20,
    batchSize: 10,
  });
  await sink.start();
  bus.faults.refuse("com.microsoft:server-busy", { times: Number.POSITIVE_INFINITY });
  const blocked = new Promise((resolve) => sink.on("blocked", resolve));
  for (let number = 0; number < 100; number++)
    sink.handleEvent({ eventType: "step", operation: "answer", executionId: "run-1", data: { number } });
  expect(await blocked).toMatchObject({ reason: expect.stringContaining("com.microsoft:server-busy") });
  expect(sink.health().problems.map(({ code }) => code)).toContain("TRANSPORT_BLOCKED");
  bus.faults.clear();

  expect(await sink.stop()).toMatchObject({ sent: 100, failed: 0 });
  const numbers = bus.received("events").map(({ body }) => JSON.parse(String(body)).data.number);
  expect(numbers).toEqual(Array.from({ length: 100 }, (_, number) => number));
  expect(sink.health().problems).toEqual([]);
});
