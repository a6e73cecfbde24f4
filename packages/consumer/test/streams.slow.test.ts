import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { type Broker, brokersForTests } from "@streamll/brokers";
import { EventConsumer, type EventConsumerOptions } from "@streamll/consumer";
import { silentLogger } from "@streamll/core";
import { built } from "@streamll/programs";
import { RabbitMQSink } from "@streamll/sink";
import { connect } from "amqplib";
import { afterEach, describe, expect, it } from "vitest";

const patient = { timeout: 90_000, interval: 20 };
const program = built(new URL("programs/reader.ts", import.meta.url));
const upTo = (count: number) => Array.from({ length: count }, (_, step) => step);
const urlOf = ({ streamPort }: Broker) => `rabbitmq-stream://127.0.0.1:${streamPort}/`;

describe.each(brokersForTests().filter(({ owned }) => owned))("a stream on RabbitMQ $version", (broker) => {
  const opened: { stop(): Promise<unknown> }[] = [];
  const children: ChildProcess[] = [];

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    await Promise.all(opened.splice(0).map((one) => one.stop()));
  });

  function scene() {
    const stream = `slow-${randomUUID()}`;
    const sinkOf = () => {
      const sink = new RabbitMQSink({ amqpUrl: urlOf(broker), stream, logger: silentLogger });
      opened.push(sink);
      return sink;
    };
    const sink = sinkOf();
    let step = 0;
    const sendTo = async (sink: RabbitMQSink, count: number) => {
      await sink.start();
      for (const end = step + count; step < end; step++)
        while (!sink.handleEvent({ eventType: "step", executionId: `run-${step % 20}`, data: { step } }))
          await sink.ready();
      await sink.flush();
    };
    const consumer = async (options: EventConsumerOptions) => {
      const one = new EventConsumer({
        url: urlOf(broker),
        stream,
        from: "first",
        logger: silentLogger,
        ...options,
      });
      opened.push(one);
      await one.start();
      return one;
    };
    const send = (count: number) => sendTo(sink, count);
    return { stream, sink, sinkOf, send, sendTo, consumer };
  }

  it("has each event handled though the process that reads it is killed again and again", async () => {
    const { stream, send } = scene();
    const events = 30_000;
    await send(events);
    const counts = new Map<number, number>();
    for (let kills = 0; counts.size < events; kills++) {
      expect(kills).toBeLessThan(60);
      const child = spawn(process.execPath, [program, urlOf(broker), stream], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      children.push(child);
      let read = 0;
      for await (const line of createInterface({ input: child.stdout! })) {
        counts.set(Number(line), (counts.get(Number(line)) ?? 0) + 1);
        if (++read === 12_500 || counts.size === events) child.kill("SIGKILL");
      }
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    }
    expect([...counts.keys()].toSorted((one, other) => one - other)).toEqual(upTo(events));
    // What was done before the offset was stored comes again, and no more than that.
    expect(Math.max(...counts.values())).toBeGreaterThan(1);
  }, 180_000);

  it("is read on by the same consumer when the broker was killed, with nothing lost", async () => {
    const { send, consumer } = scene();
    await send(3000);
    const steps = new Set<number>();
    const one = await consumer({
      consumerName: "patient",
      async handle({ data }) {
        await new Promise((resolve) => setImmediate(resolve));
        steps.add(data.step as number);
      },
    });
    await expect.poll(() => steps.size, patient).toBe(3000);
    // RabbitMQ may not find a stream again that it made a moment before it is killed.
    await one.stop();
    const next = await consumer({
      consumerName: "patient",
      handle: ({ data }) => steps.add(data.step as number),
    });
    await send(500);
    await broker.kill();
    await broker.start();
    await send(2000);
    await expect.poll(() => steps.size, patient).toBe(5500);
    expect(next.stats().reconnects).toBeGreaterThan(0);
    expect(next.stats().events_received).toBeLessThan(2500 + 600);
  }, 180_000);

  it("that is deleted and made again is read from its first event", async () => {
    const { stream, sink, sinkOf, send, sendTo, consumer } = scene();
    await send(20);
    const seen = new Set<string>();
    const one = await consumer({ consumerName: "again", handle: ({ eventId }) => seen.add(eventId) });
    await expect.poll(() => seen.size, patient).toBe(20);
    // It would make the stream again at once.
    await sink.stop();
    const model = await connect(broker.url);
    await (await model.createChannel()).deleteQueue(stream);
    await model.close();
    await expect.poll(() => one.health().lastError?.code, patient).toBe("TRANSPORT_NOT_FOUND");
    await sendTo(sinkOf(), 10);
    await expect.poll(() => seen.size, patient).toBe(30);
  }, 180_000);
});
