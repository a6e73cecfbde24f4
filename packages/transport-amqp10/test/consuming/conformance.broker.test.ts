import { randomUUID } from "node:crypto";
import { openChannel } from "@streamll/brokers";
import type { InboundMessage } from "@streamll/core";
import { proxyTo, testConsuming } from "@streamll/transport-testkit";
import { afterAll } from "vitest";
import { amqp10Transport } from "../../src/index.js";
import { brokersOf4, endpointOf } from "../support/rabbitmq.js";

/** The consuming half of the kit, with each type of queue; AMQP 0-9-1 fills the queues and counts. */
for (const broker of brokersOf4) {
  const proxy = await proxyTo(endpointOf(broker.url));
  const channel = await openChannel(broker.url);
  const queues: string[] = [];
  afterAll(async () => {
    for (const queue of queues) await channel.deleteQueue(queue);
    await channel[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
  });
  const put = async (queue: string, messages: readonly InboundMessage[]) => {
    for (const { body, timestamp, ...message } of messages) {
      const properties = Object.entries({ ...message, timestamp: timestamp && timestamp / 1000 });
      // amqplib takes what is undefined for a value.
      const set = Object.fromEntries(properties.filter(([, value]) => value !== undefined));
      channel.sendToQueue(queue, body, set);
    }
    await channel.waitForConfirms();
  };

  for (const type of ["classic", "quorum"]) {
    testConsuming({
      name: `amqp10 on RabbitMQ ${broker.generation}, ${type} queue`,
      create: (options) => amqp10Transport.create(options),
      endpoint: proxy.endpoint,
      disconnect: () => proxy.reset(),
      timeoutMs: 10_000,
      // Application properties of AMQP 1.0 are flat: RabbitMQ leaves out what is not.
      headers: "flat",
      async queue() {
        const [name, dead] = [`t10.${randomUUID()}`, `t10.${randomUUID()}`];
        queues.push(name, dead);
        const deadLetters = { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead };
        await channel.assertQueue(name, { arguments: { "x-queue-type": type, ...deadLetters } });
        await channel.assertQueue(dead);
        const ids: string[] = [];
        return {
          name,
          put: (messages) => put(name, messages),
          depth: async () => (await channel.checkQueue(name)).messageCount,
          async dead() {
            for (;;) {
              const message = await channel.get(dead, { noAck: true });
              if (message === false) return ids;
              ids.push(message.properties.messageId);
            }
          },
          cancel: async () => void (await channel.deleteQueue(name)),
        };
      },
    });
  }
}
