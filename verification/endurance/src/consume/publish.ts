import { type Channel, connect } from "amqplib";
import { executionOf } from "./messages.js";

/** What is written without waiting for the broker. */
const IN_FLIGHT = 2000;

/** Fills a durable queue with numbered events, by amqplib alone: nothing of it is ours. */
export async function publish(url: string, queue: string, events: number): Promise<void> {
  const connection = await connect(url);
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue(queue, { durable: true, arguments: { "x-single-active-consumer": true } });
  for (let index = 0; index < events; index++) {
    const execution = executionOf(index);
    const event = { event_type: "end", event_id: String(index), execution_id: execution, data: { index } };
    channel.sendToQueue(queue, Buffer.from(JSON.stringify(event)), {
      persistent: true,
      contentType: "application/json",
      messageId: String(index),
      correlationId: execution,
    });
    if (index % IN_FLIGHT === IN_FLIGHT - 1) await channel.waitForConfirms();
  }
  await channel.waitForConfirms();
  await connection.close();
}

/** What is left in a queue that nobody consumes any more. */
export async function depthOf(url: string, queue: string): Promise<number> {
  const connection = await connect(url);
  const channel: Channel = await connection.createChannel();
  const { messageCount } = await channel.checkQueue(queue);
  await connection.close();
  return messageCount;
}
