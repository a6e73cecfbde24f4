import { randomUUID } from "node:crypto";
import { type Broker, brokersForTests, openConnection } from "@streamll/brokers";
import type { Endpoint, TransportOptions } from "@streamll/core";
import type { Channel, ConsumeMessage } from "amqplib";
import { vi } from "vitest";
import { WAIT } from "./connect.js";
import { defaults } from "./options.js";

export const brokers = brokersForTests();
/** Those that speak AMQP 1.0 as this transport does. */
export const brokersOf4 = brokers.filter(({ version }) => Number.parseInt(version, 10) >= 4);

/** An endpoint as the sink makes it from a URL. */
export function endpointOf(text: string): Endpoint {
  const url = new URL(text);
  const label = new URL(text);
  if (label.password) label.password = "***";
  return {
    scheme: url.protocol.slice(0, -1),
    host: url.hostname,
    ...(url.port ? { port: Number(url.port) } : {}),
    ...(url.username ? { username: decodeURIComponent(url.username) } : {}),
    ...(url.password ? { password: decodeURIComponent(url.password) } : {}),
    path: decodeURIComponent(url.pathname.slice(1)),
    query: {},
    label: label.href,
  };
}

export interface Scratch extends AsyncDisposable {
  readonly name: string;
  readonly channel: Channel;
  /** Options for publishing to the queue `name`, through an exchange of that name. */
  readonly own: Pick<TransportOptions, "message" | "topology">;
  /** Everything in the queue, once it is so much. */
  drain(count: number): Promise<ConsumeMessage[]>;
}

/** A fresh name, and a channel of AMQP 0-9-1 to look at what is there under it; what is made under it goes at the end. */
export async function scratch(
  { url }: Broker,
  queueArguments: Record<string, unknown> = {},
): Promise<Scratch> {
  const name = `t10.${randomUUID()}`;
  const model = await openConnection(url);
  const channel = await model.createChannel();
  channel.on("error", () => {});
  return {
    name,
    channel,
    own: {
      message: defaults({ exchange: name }),
      topology: {
        mode: "declare",
        exchanges: [{ name, type: "topic", arguments: {} }],
        queues: [{ name, arguments: queueArguments }],
        bindings: [{ exchange: name, queue: name, pattern: "streamll.#" }],
      },
    },
    async drain(count) {
      await vi.waitUntil(async () => (await channel.checkQueue(name)).messageCount >= count, WAIT);
      const all: ConsumeMessage[] = [];
      const { consumerTag } = await channel.consume(name, (got) => got && all.push(got), { noAck: true });
      await vi.waitUntil(() => all.length >= count, WAIT);
      await channel.cancel(consumerTag);
      return all;
    },
    async [Symbol.asyncDispose]() {
      const sweeper = await model.createChannel();
      await sweeper.deleteQueue(name);
      await sweeper.deleteExchange(name);
      await model.close();
    },
  };
}
