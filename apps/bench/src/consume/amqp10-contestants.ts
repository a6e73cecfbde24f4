import { EventConsumer } from "@streamll/consumer";
import rhea from "rhea";
import { consuming, PREFETCH } from "./consuming.js";
import { CONSUME_QUEUE as QUEUE } from "./queue.js";

/** It accepts each message by itself. */
const byRhea = consuming(`rhea, a credit of ${PREFETCH}`, async (url, handled) => {
  const { hostname, port } = new URL(url);
  const connection = rhea.create_container().connect({
    ...{ host: hostname, port: Number(port), username: "guest", password: "guest", reconnect: false },
  });
  const receiver = connection.open_receiver({ source: `/queues/${QUEUE}`, credit_window: PREFETCH });
  receiver.on("message", ({ message }) => {
    const { content } = message!.body as { readonly content: Buffer };
    handled.take(JSON.parse(content.toString()));
  });
});

const eventConsumer = consuming("EventConsumer, in order within each execution", async (url, handled) => {
  const consumer = new EventConsumer({
    ...{ amqpUrl: url, amqpVersion: "1.0", queue: QUEUE, prefetch: PREFETCH },
    handle: ({ executionId }) => handled.take({ execution_id: executionId }),
  });
  await consumer.start();
});

export const receiveContestants = { rhea: byRhea, eventConsumer } as const;
