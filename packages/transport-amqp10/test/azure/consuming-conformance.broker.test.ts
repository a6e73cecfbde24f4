import { randomUUID } from "node:crypto";
import { ServiceBusClient } from "@azure/service-bus";
import { startFakeServiceBus } from "@streamll/fake-service-bus";
import { testConsuming } from "@streamll/transport-testkit";
import { afterAll } from "vitest";
import { serviceBusTransport } from "../../src/index.js";
import { busOptions, endpointOf } from "./support/bus.js";

const bus = await startFakeServiceBus();
const client = new ServiceBusClient(bus.connectionString);
afterAll(async () => {
  await client.close();
  await bus.close();
});

testConsuming({
  name: "amqp10 on a server that behaves as Azure Service Bus",
  create: (options) => serviceBusTransport.create({ ...options, own: busOptions().own }),
  endpoint: endpointOf(bus),
  disconnect: () => bus.faults.dropConnections(),
  // Of a lost connection the service learns nothing: what it held stays locked for so long.
  timeoutMs: 15_000,
  headers: "flat",
  async queue() {
    const name = `q-${randomUUID()}`;
    bus.add({ name, lockMs: 4000 });
    const sender = client.createSender(name);
    return {
      name,
      async put(messages) {
        for (const { body, headers, messageId, correlationId, type, contentType, timestamp } of messages)
          await sender.sendMessages({
            bodyType: "data",
            body,
            properties: {
              messageId: messageId!,
              correlationId: correlationId!,
              subject: type!,
              contentType: contentType!,
              creationTime: timestamp!,
            },
            applicationProperties: headers as Record<string, string>,
          });
      },
      depth: async () => bus.depth(name),
      dead: async () =>
        bus.stored(`${name}/$DeadLetterQueue`).map(({ message }) => String(message.message.message_id)),
      cancel: () => bus.remove(name),
    };
  },
});
