import { randomUUID } from "node:crypto";
import { brokersForTests } from "@streamll/brokers";
import { EventConsumer, type EventConsumerOptions } from "@streamll/consumer";
import { silentLogger } from "@streamll/core";
import { RabbitMQSink } from "@streamll/sink";
import { afterEach, describe, expect, it } from "vitest";

const patient = { timeout: 30_000 };
const EVENTS = 400;
const EXECUTIONS = 20;

describe.each(
  brokersForTests().flatMap((broker) =>
    (["classic", "quorum"] as const).map((queueType) => ({ broker, queueType })),
  ),
)("on RabbitMQ $broker.version, a $queueType queue", ({ broker, queueType }) => {
  const opened: { stop(): Promise<unknown> }[] = [];
  const queues: string[] = [];

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((one) => one.stop()));
    for (const queue of queues.splice(0)) await remove(queue).catch(() => {});
  });

  const remove = (queue: string) => broker.manage("DELETE", `queues/%2F/${queue}`);

  /** A sink, and consumers of what it sends. */
  function scene() {
    const name = `consumer-${randomUUID()}`;
    queues.push(name, `${name}-dead.failed`);
    const sink = new RabbitMQSink({
      amqpUrl: broker.url,
      exchange: name,
      routingKey: "{module_name}.{event_type}",
      queue: false,
      logger: silentLogger,
      retryBackoffMs: 20,
    });
    const consume = async (options: EventConsumerOptions) => {
      const consumer = new EventConsumer({
        url: broker.url,
        exchange: name,
        queue: name,
        queueType,
        bindings: ["app.*"],
        deadLetterExchange: `${name}-dead`,
        logger: silentLogger,
        ...options,
      });
      opened.push(consumer);
      await consumer.start();
      return consumer;
    };
    opened.push(sink);
    return { name, sink, consume };
  }

  it("hands over each event once and in order, though the broker drops the connections", async ({ skip }) => {
    if (!broker.owned) skip("it drops every connection of the broker");
    const { sink, consume } = scene();
    const handled = new Map<string, number[]>();
    let count = 0;
    let lost = () => {};
    const isLost = new Promise<void>((resolve) => {
      lost = resolve;
    });
    const consumer = await consume({
      prefetch: 50,
      concurrency: 10,
      async handle({ executionId, data }) {
        if (count > EVENTS / 4) await isLost;
        handled.set(executionId, [...(handled.get(executionId) ?? []), data.step as number]);
        count++;
      },
    });
    consumer.on("disconnected", lost);
    for (let step = 0; step < EVENTS; step++) {
      sink.handleEvent({
        eventType: "step",
        moduleName: "app",
        executionId: `run-${step % EXECUTIONS}`,
        data: { step },
      });
    }
    await expect.poll(() => count, patient).toBeGreaterThan(EVENTS / 4);
    await broker.ctl("close_all_connections", "maintenance");
    await expect.poll(() => count, patient).toBe(EVENTS);
    expect(await consumer.stop()).toMatchObject({ handled: EVENTS, deadLettered: 0 });
    expect(consumer.stats().reconnects).toBeGreaterThan(0);
    for (const steps of handled.values()) expect(steps).toEqual(steps.toSorted((one, other) => one - other));
    const rest: unknown[] = [];
    const after = await consume({ handle: (event) => rest.push(event) });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect([rest, after.stats().events_received]).toEqual([[], 0]);
  });

  it("brings what is given up to the queue of dead letters, where another consumer takes it", async () => {
    const { name, sink, consume } = scene();
    const failing = await consume({
      retry: { attempts: 2, backoffMs: 1 },
      handle: () => {
        throw new Error("never");
      },
    });
    await sink.publish({ eventType: "end", moduleName: "app", data: { text: "ü" } });
    const found: unknown[] = [];
    const failed = new EventConsumer({
      url: broker.url,
      queue: `${name}-dead.failed`,
      logger: silentLogger,
      handle: ({ data }, { headers }) =>
        found.push([data.text, headers.streamll_queue, headers.streamll_failure, headers.streamll_attempts]),
    });
    opened.push(failed);
    await failed.start();
    await expect.poll(() => found, patient).toEqual([["ü", name, "RETRIES_EXHAUSTED", 2]]);
    // The other consumer may have the message before the failing one reads the broker's confirm of it.
    await expect
      .poll(() => failing.stats(), patient)
      .toMatchObject({ events_failed: 2, events_dead_lettered: 1 });
  });

  it("gives back at stop() what had not begun, in order", async () => {
    const { sink, consume } = scene();
    let end = () => {};
    const began: unknown[] = [];
    const first = await consume({
      concurrency: 1,
      handle: ({ data }) => {
        began.push(data.step);
        return new Promise<void>((resolve) => {
          end = resolve;
        });
      },
    });
    for (let step = 0; step < 5; step++)
      await sink.publish({ eventType: "end", moduleName: "app", executionId: "run", data: { step } });
    await expect.poll(() => first.stats().events_received, patient).toBe(5);
    const stopping = first.stop();
    end();
    expect(await stopping).toMatchObject({ handled: 1, givenBack: 4 });
    const again: unknown[] = [];
    await consume({ handle: ({ data }) => again.push(data.step) });
    await expect.poll(() => again, patient).toEqual([1, 2, 3, 4]);
    expect(began).toEqual([0]);
  });

  it("makes its queue again when that was deleted", async ({ skip }) => {
    if (!broker.owned) skip("it deletes a queue by rabbitmqctl");
    const { name, sink, consume } = scene();
    const heard: unknown[] = [];
    const consumer = await consume({ handle: ({ data }) => heard.push(data.n) });
    await remove(name);
    await expect.poll(() => consumer.stats().reconnects, patient).toBe(1);
    await sink.publish({ eventType: "end", moduleName: "app", data: { n: 1 } });
    await expect.poll(() => heard, patient).toEqual([1]);
  });
});
