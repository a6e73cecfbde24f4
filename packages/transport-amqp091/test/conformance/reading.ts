import { randomUUID } from "node:crypto";
import type { InboundMessage } from "@streamll/core";
import { proxyTo, testConsuming } from "@streamll/transport-testkit";
import { afterAll } from "vitest";
import { amqpTransport } from "../../src/transport.js";
import { bareConnection } from "../brokers/bare-consumer.js";
import type { Live } from "../support/live.js";

/** The consuming half of the kit, on a broker, with each type of queue. */
export async function testReading(broker: Live): Promise<void> {
  const proxy = await proxyTo(broker.endpoint);
  const model = await bareConnection(broker.endpoint);
  const channel = await model.createConfirmChannel();
  const queues: string[] = [];
  afterAll(async () => {
    for (const queue of queues) await channel.deleteQueue(queue);
    await model.close();
    await proxy[Symbol.asyncDispose]();
  });
  const put = async (queue: string, messages: readonly InboundMessage[]) => {
    for (const { body, timestamp, ...message } of messages) {
      const properties = Object.entries({ ...message, timestamp: timestamp && timestamp / 1000 });
      // amqplib takes what is undefined for a value.
      channel.sendToQueue(
        queue,
        body,
        Object.fromEntries(properties.filter(([, value]) => value !== undefined)),
      );
    }
    await channel.waitForConfirms();
  };

  for (const type of ["classic", "quorum"]) {
    testConsuming({
      name: `amqp091 on RabbitMQ ${broker.generation}, ${type} queue`,
      create: (options) => amqpTransport(options),
      endpoint: proxy.endpoint,
      disconnect: () => proxy.reset(),
      timeoutMs: 10_000,
      async queue() {
        const [name, dead] = [`t091.${randomUUID()}`, `t091.${randomUUID()}`];
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
