import { EventConsumer } from "@streamll/consumer";
import { amqp091Transport } from "@streamll/transport-amqp091";
import { channelTo, consuming, PREFETCH, transportAlone } from "./consuming.js";
import { CONSUME_QUEUE as QUEUE } from "./queue.js";
import { readByRabbitmqClient, readByRascal } from "./rivals.js";

const amqplibByHand = consuming("amqplib, an acknowledgement a message", async (url, handled) => {
  const channel = await channelTo(url);
  await channel.consume(QUEUE, (message) => {
    if (message === null) return;
    handled.take(JSON.parse(message.content.toString()));
    channel.ack(message);
  });
});

const amqplibInLots = consuming("amqplib, one for 50 messages", async (url, handled, events) => {
  const channel = await channelTo(url);
  let count = 0;
  await channel.consume(QUEUE, (message) => {
    if (message === null) return;
    handled.take(JSON.parse(message.content.toString()));
    if (++count % 50 === 0 || count === events) channel.ack(message, true);
  });
});

const rabbitmqClient = consuming("rabbitmq-client", async (url, handled) =>
  readByRabbitmqClient(url, { qos: { prefetchCount: PREFETCH } }, async (event) => handled.take(event)),
);

const rascal = consuming("rascal", (url, handled) =>
  readByRascal(url, PREFETCH, (event, acknowledge) => {
    handled.take(event);
    acknowledge();
  }),
);

const transport = transportAlone((options) => amqp091Transport.create(options), {
  source: QUEUE,
  window: PREFETCH,
});

const eventConsumer = consuming("EventConsumer, in order within each execution", async (url, handled) => {
  const consumer = new EventConsumer({
    amqpUrl: url,
    queue: QUEUE,
    prefetch: PREFETCH,
    handle: ({ executionId }) => handled.take({ execution_id: executionId }),
  });
  await consumer.start();
});

export const consumeContestants = {
  amqplibByHand,
  amqplibInLots,
  rabbitmqClient,
  rascal,
  transport,
  eventConsumer,
} as const;
