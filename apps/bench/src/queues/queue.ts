import { type Channel, connect } from "amqplib";
import { EXCHANGE, QUEUE } from "../event.js";

/** The durable classic queue that every contestant publishes to. */
export interface BenchQueue extends AsyncDisposable {
  readonly brokerVersion: string;
  /** Counts what arrived and empties the queue: a lost event is not a fast one. */
  expect(events: number, who: string): Promise<void>;
}

export async function benchQueue(url: string): Promise<BenchQueue> {
  const connection = await connect(url);
  const channel: Channel = await connection.createChannel();
  await channel.assertExchange(EXCHANGE, "topic", { durable: true });
  await channel.assertQueue(QUEUE, { durable: true });
  await channel.bindQueue(QUEUE, EXCHANGE, "bench.*.*");
  await channel.purgeQueue(QUEUE);
  return {
    brokerVersion: String(connection.connection.serverProperties.version),
    async expect(events, who) {
      const { messageCount } = await channel.purgeQueue(QUEUE);
      if (messageCount !== events) throw new Error(`${who}: ${messageCount} of ${events} events arrived`);
    },
    async [Symbol.asyncDispose]() {
      await channel.deleteQueue(QUEUE);
      await channel.deleteExchange(EXCHANGE);
      await connection.close();
    },
  };
}
