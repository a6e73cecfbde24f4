import { type Broker, openChannel } from "@streamll/brokers";
import type { ConfirmChannel, Options } from "amqplib";
import { executionOf, PREFETCH } from "../messages.js";
import type { Put, Source } from "./source.js";

/** A queue of RabbitMQ, which the consumer declares; amqplib fills it over AMQP 0-9-1. */
export function queueSource(broker: Broker, name: string, amqpVersion: "0-9-1" | "1.0"): Source {
  const deadLetterExchange = `${name}-dead`;
  const dead = deadQueueOf(name);
  return {
    url: broker.url,
    optionsAt: (port) => ({
      url: urlAt(broker.url, port),
      ...(amqpVersion === "1.0" && { amqpVersion }),
      exchange: name,
      queue: name,
      bindings: ["#"],
      deadLetterExchange,
    }),
    prepare: async () => {},
    put: (messages) => putInto(broker, messages, () => name),
    left: () => depth(broker, name),
    dead: () => depth(broker, dead),
    comesAgain: async () => PREFETCH,
    async remove() {
      await onChannel(broker, async (channel) => {
        for (const queue of [name, dead]) await channel.deleteQueue(queue);
        for (const exchange of [name, deadLetterExchange]) await channel.deleteExchange(exchange);
      });
    },
  };
}

export const deadQueueOf = (name: string): string => `${name}-dead.failed`;

/** The URL of a proxy on this machine. */
export function urlAt(url: string, port: number): string {
  const { host, hostname } = new URL(url);
  return url.replace(host, `${hostname}:${port}`);
}

export async function onChannel<T>(
  { url }: Broker,
  use: (channel: ConfirmChannel) => Promise<T>,
): Promise<T> {
  await using channel = await openChannel(url);
  return await use(channel);
}

/** @param queueOf the queue or stream of an event. */
export async function putInto(
  broker: Broker,
  messages: readonly Put[],
  queueOf: (index: number | undefined) => string,
): Promise<void> {
  await onChannel(broker, async (channel) => {
    for (const { index, body } of messages) {
      const own: Options.Publish =
        index === undefined ? {} : { messageId: String(index), correlationId: executionOf(index) };
      channel.sendToQueue(queueOf(index), Buffer.from(body), { persistent: true, ...own });
    }
    await channel.waitForConfirms();
  });
}

/** Messages in a queue; 0 where there is none. */
async function depth(broker: Broker, queue: string): Promise<number> {
  try {
    return await onChannel(broker, async (channel) => (await channel.checkQueue(queue)).messageCount);
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === 404) return 0;
    throw error;
  }
}
