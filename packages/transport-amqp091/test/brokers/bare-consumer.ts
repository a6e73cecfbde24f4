import { randomUUID } from "node:crypto";
import { openConnection } from "@streamll/brokers";
import type { Endpoint } from "@streamll/core";
import type { ChannelModel, ConsumeMessage } from "amqplib";
import { vi } from "vitest";
import { WAIT } from "../support/lane.js";

/** A channel of amqplib with what it was told, for trials of what a broker does. */
export type Bare = Awaited<ReturnType<typeof bareChannel>>;

export function bareConnection(endpoint: Endpoint): Promise<ChannelModel> {
  const { host: hostname, port = 5672, username = "guest", password = "guest" } = endpoint;
  return openConnection({ hostname, port, username, password });
}

export async function bareChannel(model: ChannelModel) {
  const channel = await model.createChannel();
  const got: ConsumeMessage[] = [];
  const cancelled: unknown[] = [];
  let error: Error | undefined;
  channel.on("error", (one: Error) => {
    error = one;
  });
  return {
    channel,
    got,
    cancelled,
    error: () => vi.waitUntil(() => error, WAIT),
    /** The delivery with this place in the order of arrival, once it is there. */
    async delivery(index: number): Promise<ConsumeMessage> {
      await vi.waitUntil(() => got.length > index, WAIT);
      return got[index]!;
    },
    async consume(queue: string, prefetch = 10): Promise<string> {
      await channel.prefetch(prefetch);
      const listener = (one: ConsumeMessage | null) => (one ? got.push(one) : cancelled.push(one));
      return (await channel.consume(queue, listener)).consumerTag;
    },
    /** Whether all that was sent on the channel so far was read, and the channel is still there. */
    async isAlive(): Promise<boolean> {
      return await channel.prefetch(10).then(
        () => true,
        () => false,
      );
    },
  };
}

/** A queue of one's own, with so many messages. */
export async function filled(
  { channel }: Bare,
  args: Readonly<Record<string, unknown>>,
  messages = 1,
): Promise<string> {
  const queue = `t091.trial.${randomUUID()}`;
  await channel.assertQueue(queue, { arguments: args });
  for (let index = 0; index < messages; index++) channel.sendToQueue(queue, Buffer.from(`${index}`));
  await vi.waitUntil(async () => (await channel.checkQueue(queue)).messageCount === messages, WAIT);
  return queue;
}

export const countOf = (message: ConsumeMessage): unknown => message.properties.headers?.["x-delivery-count"];
