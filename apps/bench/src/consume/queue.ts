import { type ConfirmChannel, connect } from "amqplib";
import { benchEvent } from "../event.js";
import { full } from "../queues/properties.js";

export const CONSUME_QUEUE = "streamll_bench_consume";

/** The durable classic queue that every contestant reads, filled before each run. */
export interface FilledQueue extends AsyncDisposable {
  readonly brokerVersion: string;
  /** Puts so many events there. By default 64 of one execution follow each other. */
  fill(events: number, executionOf?: (index: number) => string): Promise<void>;
  /** Checks that every event was acknowledged: one that comes again was not read. */
  expectEmpty(who: string): Promise<void>;
}

/** What is written without waiting for the broker. */
const IN_FLIGHT = 5000;

export async function filledQueue(url: string): Promise<FilledQueue> {
  const connection = await connect(url);
  const channel: ConfirmChannel = await connection.createConfirmChannel();
  await channel.assertQueue(CONSUME_QUEUE, { durable: true });
  return {
    brokerVersion: String(connection.connection.serverProperties.version),
    async fill(events, executionOf) {
      await channel.purgeQueue(CONSUME_QUEUE);
      for (let index = 0; index < events; index++) {
        const ordinary = benchEvent(index);
        const event = executionOf ? { ...ordinary, execution_id: executionOf(index) } : ordinary;
        channel.sendToQueue(CONSUME_QUEUE, Buffer.from(JSON.stringify(event)), full(event));
        if (index % IN_FLIGHT === IN_FLIGHT - 1) await channel.waitForConfirms();
      }
      await channel.waitForConfirms();
    },
    async expectEmpty(who) {
      for (;;) {
        // What its consumer had not acknowledged comes back when that one is gone.
        const { consumerCount, messageCount } = await channel.checkQueue(CONSUME_QUEUE);
        if (consumerCount > 0) await new Promise((resolve) => setTimeout(resolve, 20));
        else if (messageCount === 0) return;
        else throw new Error(`${who}: ${messageCount} events were not acknowledged`);
      }
    },
    async [Symbol.asyncDispose]() {
      await channel.deleteQueue(CONSUME_QUEUE);
      await connection.close();
    },
  };
}
