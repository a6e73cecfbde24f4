import { randomUUID } from "node:crypto";
import { readdirSync } from "node:fs";
import { brokersForTests, openConnection } from "@streamll/brokers";
import type { Channel, ChannelModel } from "amqplib";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { Spawned } from "../support/spawned.js";
import { killed, running, scratch } from "./left.js";

const COUNT = 20_000;

describe.each(brokersForTests().slice(-1))("streamll spool drain and RabbitMQ $version", (broker) => {
  let model: ChannelModel;
  let channel: Channel;
  beforeAll(async () => {
    model = await openConnection(broker.url);
    channel = await model.createChannel();
  });
  afterAll(() => model.close());

  const drain = (directory: string, exchange: string, ...more: string[]) => {
    const args = ["spool", "drain", directory, "--url", broker.url, "--exchange", exchange, ...more];
    const spawned = new Spawned([...args, "--queue", exchange, "--json"]);
    onTestFinished(async () => {
      spawned.process.kill("SIGKILL");
      await channel.deleteQueue(exchange);
      await channel.deleteExchange(exchange);
    });
    return spawned;
  };
  const readBack = async (queue: string): Promise<number[]> => {
    const numbers: number[] = [];
    for (
      let got = await channel.get(queue, { noAck: true });
      got !== false;
      got = await channel.get(queue, { noAck: true })
    )
      numbers.push((JSON.parse(got.content.toString()) as { data: { n: number } }).data.n);
    return numbers;
  };
  const runsOf = (numbers: readonly number[]) =>
    Array.from({ length: 7 }, (_, run) => numbers.filter((n) => n % 7 === run));

  it("delivers what killed programs left, each execution in order, and gives the disk back", async () => {
    const directory = scratch();
    const exchange = `spool-${randomUUID()}`;
    // The first is killed last, so that each has a folder of its own.
    const first = await running(directory, COUNT, 0, exchange);
    await killed(directory, 500, COUNT, exchange);
    first.kill("SIGKILL");
    await vi.waitFor(() => expect(first.signalCode).toBe("SIGKILL"), { timeout: 30_000 });
    expect(readdirSync(directory)).toHaveLength(2);
    const drained = drain(directory, exchange);
    expect(await drained.ended).toBe(0);
    expect(JSON.parse(drained.stdout)).toMatchObject({
      delivered: COUNT + 500,
      failed: 0,
      left: 0,
      leftOut: [],
    });
    expect(drained.stderr).toMatch(/^20,500 events delivered in /);
    expect(readdirSync(directory)).toEqual([]);
    const arrived = await readBack(exchange);
    expect(runsOf(arrived.filter((n) => n < COUNT))).toEqual(
      runsOf(Array.from({ length: COUNT }, (_, n) => n)),
    );
    expect(arrived.filter((n) => n >= COUNT)).toHaveLength(500);
  });

  it("ends by Ctrl-C with the rest on disk, which the next one delivers", async () => {
    const directory = scratch();
    const exchange = `spool-${randomUUID()}`;
    await killed(directory, COUNT, 0, exchange);
    const first = drain(directory, exchange, "--max-in-flight", "1", "--connection-pool-size", "1");
    const queue = () =>
      channel.checkQueue(exchange).then(
        ({ messageCount }) => messageCount,
        async () => {
          channel = await model.createChannel();
          channel.on("error", () => {});
          return 0;
        },
      );
    channel.on("error", () => {});
    await vi.waitFor(async () => expect(await queue()).toBeGreaterThan(0), {
      timeout: 50_000,
      interval: 200,
    });
    first.process.kill("SIGINT");
    expect(await first.ended).toBe(130);
    const { delivered, left } = JSON.parse(first.stdout) as { delivered: number; left: number };
    expect(delivered + left).toBe(COUNT);
    expect(left).toBeGreaterThan(0);
    const second = drain(directory, exchange);
    expect(await second.ended).toBe(0);
    expect(JSON.parse(second.stdout)).toMatchObject({ delivered: left, left: 0 });
    expect(new Set(await readBack(exchange)).size).toBe(COUNT);
    expect(readdirSync(directory)).toEqual([]);
  });

  it("counts what the broker refuses, and exits with 4", async () => {
    const directory = scratch();
    const exchange = `spool-${randomUUID()}`;
    await killed(directory, 10, 0, exchange);
    await channel.assertExchange(exchange, "topic");
    const drained = drain(directory, exchange, "--declare-topology", "none", "--max-retries", "0");
    expect(await drained.ended).toBe(4);
    expect(JSON.parse(drained.stdout)).toMatchObject({
      delivered: 0,
      failed: 10,
      failures: { UNROUTABLE: 10 },
    });
  });
});
