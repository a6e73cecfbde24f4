import { ServiceBusClient } from "@azure/service-bus";
import { EventConsumer } from "@streamll/consumer";
import { consuming, PREFETCH } from "../consume/consuming.js";
import { QUEUE } from "./queue.js";

/** In peek-lock. It parses JSON itself, and completes what `processMessage` resolves for. */
const subscribed = consuming(
  `@azure/service-bus, subscribe, ${PREFETCH} calls at a time`,
  async (url, handled) => {
    new ServiceBusClient(url).createReceiver(QUEUE).subscribe(
      {
        processMessage: async ({ body }) => handled.take(body),
        async processError({ error }) {
          throw error;
        },
      },
      { maxConcurrentCalls: PREFETCH },
    );
  },
);

const inBatches = consuming(`@azure/service-bus, receiveMessages of ${PREFETCH}`, async (url, handled) => {
  const receiver = new ServiceBusClient(url).createReceiver(QUEUE);
  const readOn = async () => {
    for (;;) {
      const messages = await receiver.receiveMessages(PREFETCH);
      await Promise.all(
        messages.map((message) => {
          handled.take(message.body);
          return receiver.completeMessage(message);
        }),
      );
    }
  };
  void readOn();
});

const eventConsumer = consuming("EventConsumer, in order within each execution", async (url, handled) => {
  const consumer = new EventConsumer({
    ...{ amqpUrl: url, queue: QUEUE, prefetch: PREFETCH },
    handle: ({ executionId }) => handled.take({ execution_id: executionId }),
  });
  await consumer.start();
});

export const serviceBusContestants = { subscribed, inBatches, eventConsumer } as const;
