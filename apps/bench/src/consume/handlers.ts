import { setTimeout } from "node:timers/promises";
import { EventConsumer } from "@streamll/consumer";
import { channelTo, consuming, type Handled, PREFETCH } from "./consuming.js";
import { CONSUME_QUEUE as QUEUE } from "./queue.js";
import { readByRabbitmqClient, readByRascal } from "./rivals.js";

/** Handlers that run at a time: each takes 5 ms, so that no more than 10,000 events a second can be handled. */
const CONCURRENCY = 50;
const HANDLER_MS = 5;

const handle = async (handled: Handled, event: Parameters<Handled["take"]>[0]) => {
  await setTimeout(HANDLER_MS);
  handled.take(event);
};

const amqplib = consuming("amqplib, a prefetch of 50", async (url, handled) => {
  const channel = await channelTo(url, CONCURRENCY);
  await channel.consume(QUEUE, async (message) => {
    if (message === null) return;
    await handle(handled, JSON.parse(message.content.toString()));
    channel.ack(message);
  });
});

const rabbitmqClient = consuming("rabbitmq-client", async (url, handled) =>
  readByRabbitmqClient(url, { qos: { prefetchCount: PREFETCH }, concurrency: CONCURRENCY }, (event) =>
    handle(handled, event),
  ),
);

const rascal = consuming("rascal", (url, handled) =>
  readByRascal(url, CONCURRENCY, async (event, acknowledge) => {
    await handle(handled, event);
    acknowledge();
  }),
);

const eventConsumer = consuming("EventConsumer, in order within each execution", async (url, handled) => {
  const consumer = new EventConsumer({
    amqpUrl: url,
    queue: QUEUE,
    prefetch: PREFETCH,
    concurrency: CONCURRENCY,
    handle: ({ executionId }) => handle(handled, { execution_id: executionId }),
  });
  await consumer.start();
});

export const handlerContestants = { amqplib, rabbitmqClient, rascal, eventConsumer } as const;
