import { randomUUID } from "node:crypto";
import { openConnection } from "@streamll/brokers";
import type {
  Endpoint,
  Flow,
  OutboundBatch,
  PublishOutcome,
  Transport,
  TransportConnection,
  TransportOptions,
} from "@streamll/core";
import type { Channel, ChannelModel, ConsumeMessage } from "amqplib";
import { expect, vi } from "vitest";
import { amqpTransport } from "../../src/transport.js";
import { type Wire, wireOf } from "../../src/wire.js";
import { type batchWriter, bulkWriter, channelWriter } from "../../src/writer.js";
import { defaults, options, outcomes } from "./message.js";

export const WAIT = { timeout: 20_000, interval: 5 };

/** Both ways to the wire. */
export const writers: [name: string, writerOf: typeof batchWriter][] = [
  ["in bulk", (model, _channel, message) => bulkWriter(wireOf(model) as Required<Wire>, 1, message)],
  [
    "through the channel",
    (model, channel, message) => channelWriter(channel, wireOf(model).frameMax, message),
  ],
];

export async function open(
  endpoint: Endpoint,
  own: Partial<TransportOptions> = {},
  writerOf?: typeof batchWriter,
) {
  const transport = amqpTransport(options(own), writerOf);
  return openOn(transport, endpoint);
}

async function openOn(transport: Transport, endpoint: Endpoint): Promise<OpenLane> {
  const connection = await transport.connect(endpoint, { index: 0 }, new AbortController().signal);
  const flows: Flow[] = [];
  connection.onFlow((flow) => flows.push(flow));
  return {
    connection,
    flows,
    again: () => openOn(transport, endpoint),
    [Symbol.asyncDispose]: () => connection.close(AbortSignal.timeout(5000)),
  };
}

export interface OpenLane extends AsyncDisposable {
  readonly connection: TransportConnection;
  readonly flows: readonly Flow[];
  /** The lane's next connection. */
  again(): Promise<OpenLane>;
}

/** Publishes a batch and waits for all of its outcomes. */
export async function publish(
  connection: TransportConnection,
  batch: OutboundBatch,
): Promise<PublishOutcome[]> {
  const record = outcomes(batch.length);
  connection.publish(batch, record.settle);
  await vi.waitUntil(() => record.open() === 0, WAIT);
  return record.all as PublishOutcome[];
}

export interface Scratch extends AsyncDisposable {
  readonly name: string;
  readonly model: ChannelModel;
  readonly channel: Channel;
  /** Options for publishing to the queue `name`, through an exchange of that name. */
  readonly own: Pick<TransportOptions, "message" | "topology">;
  /** Everything in the queue, once it is so much. */
  drain(count: number): Promise<ConsumeMessage[]>;
  /** Everything that is in the queue now. */
  drainAll(): Promise<ConsumeMessage[]>;
}

/** A queue with an exchange, under a fresh name, and a plain amqplib channel to look at them. */
export async function scratch(
  endpoint: Endpoint,
  queueArguments: Record<string, unknown> = {},
): Promise<Scratch> {
  const name = `t091.${randomUUID()}`;
  const { host: hostname, port = 5672, username = "guest", password = "guest" } = endpoint;
  const model = await openConnection({
    hostname,
    port,
    username,
    password,
    vhost: encodeURIComponent(endpoint.path || "/"),
  });
  const channel = await model.createChannel();
  channel.on("error", () => {});
  const drainAll = async () => {
    const { messageCount } = await channel.checkQueue(name);
    const all: ConsumeMessage[] = [];
    const { consumerTag } = await channel.consume(name, (got) => got && all.push(got), { noAck: true });
    await vi.waitUntil(() => all.length >= messageCount, WAIT);
    await channel.cancel(consumerTag);
    return all;
  };
  return {
    name,
    model,
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
      const all = await drainAll();
      expect(all).toHaveLength(count);
      return all;
    },
    drainAll,
    async [Symbol.asyncDispose]() {
      const sweeper = await model.createChannel();
      await sweeper.deleteQueue(name);
      await sweeper.deleteExchange(name);
      await model.close();
    },
  };
}
