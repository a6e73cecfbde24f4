import type { Broker } from "@streamll/brokers";
import { EXECUTIONS } from "../messages.js";
import { onChannel, putInto } from "./queue.js";
import type { Source } from "./source.js";

/** What a fault wants of its stream. */
export interface StreamOptions {
  /** Of a super stream. Default: it is none. */
  readonly partitions?: number;
  readonly arguments?: Readonly<Record<string, unknown>>;
}

export interface StreamSource extends Source {
  /** The number of the first event of a partition that is still there. */
  first(): Promise<number>;
  /** The last offset that the broker keeps for the consumer, of each partition; -1: none. */
  stored(): Promise<readonly number[]>;
}

const CONSUMER_NAME = "reader";

/** A stream, or a super stream, which amqplib makes and fills over AMQP 0-9-1. */
export function streamSource(
  broker: Broker,
  name: string,
  { partitions, arguments: own }: StreamOptions = {},
): StreamSource {
  const streams =
    partitions === undefined ? [name] : Array.from({ length: partitions }, (_, at) => `${name}-${at}`);
  /** By partition the events in their order: their places are their offsets, as long as nothing else was written. */
  const written: number[][] = streams.map(() => []);
  /** One execution is in one partition. */
  const partitionOf = (index: number) => (index % EXECUTIONS) % streams.length;
  const stored = () => Promise.all(streams.map((stream) => storedOffset(broker, stream)));
  const { hostname } = new URL(broker.url);
  return {
    url: `rabbitmq-stream://${hostname}:${broker.streamPort}/`,
    optionsAt: (port) => ({
      url: `rabbitmq-stream://127.0.0.1:${port}/`,
      stream: name,
      consumerName: CONSUMER_NAME,
      from: "first",
    }),
    prepare: () =>
      onChannel(broker, async (channel) => {
        if (partitions !== undefined)
          await channel.assertExchange(name, "direct", { arguments: { "x-super-stream": true } });
        for (const [at, stream] of streams.entries()) {
          await channel.assertQueue(stream, { arguments: { ...own, "x-queue-type": "stream" } });
          if (partitions === undefined) continue;
          await channel.bindQueue(stream, name, String(at), { "x-stream-partition-order": at });
        }
      }),
    async put(messages) {
      for (const { index } of messages) written[partitionOf(index!)]!.push(index!);
      await putInto(broker, messages, (index) => streams[partitionOf(index!)]!);
    },
    left: async () => 0,
    dead: async () => 0,
    first: () => onChannel(broker, (channel) => firstIn(channel, streams[0]!)),
    stored,
    async comesAgain(handled) {
      const offsets = await stored();
      const behind = new Set(written.flatMap((events, at) => events.slice(offsets[at]! + 1)));
      return new Set(handled.filter((index) => behind.has(index))).size;
    },
    remove: () =>
      onChannel(broker, async (channel) => {
        for (const stream of streams) await channel.deleteQueue(stream);
        if (partitions !== undefined) await channel.deleteExchange(name);
      }),
  };
}

/** As the leader has it, which rabbitmqctl asks. */
async function storedOffset(broker: Broker, stream: string): Promise<number> {
  const status = await broker.ctl("eval", `rabbit_stream_queue:tracking_status(<<"/">>, <<"${stream}">>).`);
  const [, offset = "-1"] =
    new RegExp(`\\{type,offset\\},\\s*\\{reference,<<"${CONSUMER_NAME}">>\\},\\s*\\{value,(\\d+)`).exec(
      status,
    ) ?? [];
  return Number(offset);
}

async function firstIn(channel: Parameters<Parameters<typeof onChannel>[1]>[0], stream: string) {
  await channel.prefetch(1);
  return new Promise<number>((resolve, reject) => {
    channel
      .consume(stream, (message) => message && resolve(JSON.parse(String(message.content)).data.index), {
        arguments: { "x-stream-offset": "first" },
      })
      .catch(reject);
  });
}
