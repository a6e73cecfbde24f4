import { connect } from "amqplib";
import { QUEUE } from "../event.js";

/** How many events a message has, where they are several. */
export const BATCH_HEADER = "streamll_batch";

/** Reads the queue empty and counts the events in its messages: what a batch has lost is not fast. */
export async function expectEvents(url: string, events: number, who: string): Promise<void> {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  const { messageCount } = await channel.checkQueue(QUEUE);
  let messages = 0;
  let found = 0;
  await new Promise<void>((resolve) => {
    const take = (headers: Record<string, unknown> = {}) => {
      found += Number(headers[BATCH_HEADER] ?? 1);
      if (++messages === messageCount) resolve();
    };
    if (messageCount === 0) return resolve();
    void channel.consume(QUEUE, (message) => take(message?.properties.headers), { noAck: true });
  });
  await connection.close();
  if (found !== events) throw new Error(`${who}: ${found} of ${events} events arrived`);
}
