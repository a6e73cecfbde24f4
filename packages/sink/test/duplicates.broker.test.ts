import { randomUUID } from "node:crypto";
import { type Broker, brokersForTests, followStream } from "@streamll/brokers";
import { describe, expect, it, vi } from "vitest";
import { RabbitMQSink } from "../src/index.js";
import { keeper } from "./keeper.js";

const partitions = 3;

/** Reads what the partitions hold, until it is so many, and a little longer. */
async function stored(broker: Broker, stream: string, atLeast: number): Promise<number> {
  const readers = await Promise.all(
    Array.from({ length: partitions }, (_, index) => followStream(broker, `${stream}-${index}`)),
  );
  const count = () => readers.reduce((sum, { all }) => sum + all.length, 0);
  await vi.waitUntil(() => count() >= atLeast, { timeout: 20_000 });
  // One too many would be there by the time that the broker answers again.
  for (const reader of readers) await reader[Symbol.asyncDispose]();
  return count();
}

const newest = brokersForTests().at(-1)!;

describe(`a super stream on RabbitMQ ${newest.version}`, { skip: !newest.owned }, () => {
  it("has a receipt for each event that says whether it was there already", async () => {
    const stream = `duplicates-${randomUUID()}`;
    const { lines, logger } = keeper();
    const open = () =>
      new RabbitMQSink({
        amqpUrl: `rabbitmq-stream://127.0.0.1:${newest.streamPort}/`,
        stream,
        superStreamPartitions: partitions,
        publisherName: "import",
        logger,
      });
    const publish = (sink: RabbitMQSink, from: number, to: number) =>
      Promise.all(
        Array.from({ length: to - from + 1 }, (_, index) =>
          sink.publish({ eventType: "step", executionId: `run-${from + index}` }, { sequence: from + index }),
        ),
      );

    const first = open();
    expect((await publish(first, 1, 9)).map(({ duplicate }) => duplicate)).toEqual(Array(9).fill(undefined));
    await first.stop();
    const second = open();
    // Of the partitions the least: the others are ahead.
    const from = (await second.lastSequence()) + 1;
    const receipts = await publish(second, from, from + 8);
    const duplicates = receipts.filter(({ duplicate }) => duplicate).length;
    expect(duplicates).toBeGreaterThan(0);
    expect(second.stats()).toMatchObject({ events_sent: 9, events_duplicate: duplicates });
    await second.stop();

    expect(await stored(newest, stream, 18 - duplicates)).toBe(18 - duplicates);
    expect(lines.filter((line) => line.includes('"line":"duplicates"'))).toHaveLength(1);
    for (let index = 0; index < partitions; index++)
      await newest.manage("DELETE", `queues/%2F/${stream}-${index}`);
    await newest.manage("DELETE", `exchanges/%2F/${stream}`);
  });
});
