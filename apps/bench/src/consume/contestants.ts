import { EventConsumer } from "@streamll/consumer";
import { amqp091Transport } from "@streamll/transport-amqp091";
import { Connection } from "rabbitmq-client";
import rascalPackage from "rascal";
import { channelTo, consuming, PREFETCH, transportAlone } from "./consuming.js";
import { CONSUME_QUEUE as QUEUE } from "./queue.js";

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

const rabbitmqClient = consuming("rabbitmq-client", async (url, handled) => {
  const connection = new Connection(url);
  const consumer = connection.createConsumer(
    { queue: QUEUE, queueOptions: { passive: true }, qos: { prefetchCount: PREFETCH } },
    // It parses JSON itself, by the content type.
    async (message) => handled.take(message.body),
  );
  consumer.on("error", (error) => {
    throw error;
  });
});

const rascal = consuming("rascal", async (url, handled) => {
  const broker = await rascalPackage.BrokerAsPromised.create({
    vhosts: {
      "/": {
        connection: { url },
        queues: [{ name: QUEUE, assert: false, check: true }],
        subscriptions: { all: { queue: QUEUE, prefetch: PREFETCH } },
      },
    },
  });
  broker.on("error", (error) => {
    throw error;
  });
  const subscription = await broker.subscribe("all");
  // So does this one.
  subscription.on("message", (_, event, settle) => {
    handled.take(event as Record<string, string>);
    settle();
  });
});

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
