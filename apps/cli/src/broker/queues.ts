import { isPlainObject } from "@streamll/core/internal";
import type { ChannelModel } from "amqplib";
import { type Ask, path } from "./management.js";

/** A queue as the management API has it, as far as it is used. */
export interface Queue {
  readonly name: string;
  readonly policy?: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
  /** An empty list where there is none, and from 4.3 on an empty object. */
  readonly effective_policy_definition?: unknown;
  readonly messages_ready?: number;
  readonly messages_unacknowledged?: number;
  readonly consumers?: number;
  readonly consumer_details?: readonly { readonly prefetch_count?: number }[];
  /** In messages a second. */
  readonly message_stats?: Readonly<
    Partial<Record<"publish_details" | "ack_details" | "deliver_get_details", { readonly rate?: number }>>
  >;
}

/** What a passive declaration tells: ready messages and consumers, of this moment. */
export async function countOverAmqp(model: ChannelModel, names: readonly string[]): Promise<Queue[]> {
  const queues: Queue[] = [];
  for (const name of names) {
    const channel = await model.createChannel();
    channel.on("error", () => {});
    // One that is not there, and from RabbitMQ 4.3.1 on one without a right on it, closes the channel.
    const found = await channel.checkQueue(name).catch(() => undefined);
    if (found === undefined) continue;
    queues.push({ name, messages_ready: found.messageCount, consumers: found.consumerCount });
    await channel.close();
  }
  return queues;
}

/** What the management API tells of queues, or why it tells nothing. Its figures are up to 5 s old. */
export async function askForQueues(
  ask: Ask,
  vhost: string,
  names: readonly string[],
): Promise<{ readonly all: readonly Queue[]; readonly hidden?: string }> {
  const answers = await Promise.all(names.map((name) => ask(`queues/${path(vhost, name)}`)));
  const hidden = answers.find((answer) => answer.kind === "unknown");
  if (hidden !== undefined) return { all: [], hidden: hidden.why };
  const all = answers.flatMap((answer) =>
    answer.kind === "answered" && answer.status === 200 && isPlainObject(answer.value)
      ? [answer.value as unknown as Queue]
      : [],
  );
  return { all };
}
