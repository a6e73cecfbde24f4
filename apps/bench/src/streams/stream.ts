import { setImmediate } from "node:timers/promises";
import { RabbitMQSink } from "@streamll/sink";
import { connect } from "amqplib";
import { readyEvent } from "../event.js";

export const STREAM = "streamll_bench_stream";

export interface BenchStream extends AsyncDisposable {
  readonly brokerVersion: string;
  /** Makes it anew, empty. */
  clear(): Promise<void>;
  /** Counts what arrived: a lost event is not a fast one, and neither is one that came twice. */
  expect(events: number, who: string): Promise<void>;
}

export async function benchStream(url: string): Promise<BenchStream> {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  await channel.prefetch(10_000);
  return {
    brokerVersion: String(connection.connection.serverProperties.version),
    async clear() {
      await channel.deleteQueue(STREAM);
      await channel.assertQueue(STREAM, { arguments: { "x-queue-type": "stream" } });
    },
    async expect(events, who) {
      const last = await lastOffset();
      if (last + 1 !== events) throw new Error(`${who}: ${last + 1} of ${events} events arrived`);
    },
    async [Symbol.asyncDispose]() {
      await channel.deleteQueue(STREAM);
      await connection.close();
    },
  };

  /** Of the last chunk, once nothing follows it. */
  async function lastOffset(): Promise<number> {
    let last = -1;
    let seenAt = performance.now();
    const { consumerTag } = await channel.consume(
      STREAM,
      (got) => {
        last = Number(got?.properties.headers?.["x-stream-offset"] ?? last);
        seenAt = performance.now();
        if (got) channel.ack(got);
      },
      { arguments: { "x-stream-offset": "last" } },
    );
    while (performance.now() - seenAt < 500) await new Promise((resolve) => setTimeout(resolve, 50));
    await channel.cancel(consumerTag);
    return last;
  }
}

/** Puts so many events there, as a sink stores them. */
export async function fillStream(amqpUrl: string, events: number): Promise<void> {
  const sink = new RabbitMQSink({ amqpUrl, stream: STREAM, batchSize: 500 });
  await sink.start();
  for (let index = 0; index < events; index++) {
    while (!sink.handleEvent(readyEvent(index))) await sink.ready();
    if (index % 500 === 499) await setImmediate();
  }
  const { failed, pending } = await sink.flush();
  await sink.stop();
  if (failed + pending > 0) throw new Error("the stream could not be filled");
}
