import { connect } from "amqplib";

/** What is written without waiting for the broker, and what is read at a time. */
const IN_FLIGHT = 5000;

/** Declares both queues, and fills the first with letters that were meant for the second, by amqplib alone. */
export async function putLetters(url: string, from: string, target: string, letters: number): Promise<void> {
  const connection = await connect(url);
  const channel = await connection.createConfirmChannel();
  for (const queue of [from, target]) await channel.assertQueue(queue);
  for (let number = 0; number < letters; number++) {
    const headers = { streamll_failure: "X", streamll_exchange: "", streamll_routing_key: target };
    channel.sendToQueue(from, Buffer.from(`letter ${number}`), { messageId: String(number), headers });
    if (number % IN_FLIGHT === 0) await channel.waitForConfirms();
  }
  await channel.waitForConfirms();
  await connection.close();
}

/** Takes all that a queue holds, and counts how often each id came. Both queues are gone then. */
export async function takeLetters(
  url: string,
  from: string,
  target: string,
): Promise<{ readonly came: ReadonlyMap<string, number>; readonly left: number }> {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  const came = new Map<string, number>();
  await channel.prefetch(IN_FLIGHT);
  const { messageCount } = await channel.checkQueue(target);
  let open = messageCount;
  await new Promise<void>((resolve) => {
    if (open === 0) return resolve();
    void channel.consume(target, (message) => {
      // The queue is deleted in the end.
      if (message === null) return;
      const { messageId } = message.properties as { readonly messageId: string };
      came.set(messageId, (came.get(messageId) ?? 0) + 1);
      channel.ack(message);
      if (--open === 0) resolve();
    });
  });
  const { messageCount: left } = await channel.checkQueue(from);
  for (const queue of [from, target]) await channel.deleteQueue(queue);
  await connection.close();
  return { came, left };
}
