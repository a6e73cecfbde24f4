import type { GetMessage } from "amqplib";
import type { Broker } from "./broker.js";
import { openChannel } from "./open-channel.js";

/** Takes all messages out of a queue, in order, and deletes it with the exchange of its name. */
export async function takeQueue({ url }: Pick<Broker, "url">, queue: string): Promise<GetMessage[]> {
  await using channel = await openChannel(url);
  const messages: GetMessage[] = [];
  for (let got = await channel.get(queue); got !== false; got = await channel.get(queue)) messages.push(got);
  await channel.deleteQueue(queue);
  await channel.deleteExchange(queue);
  return messages;
}
