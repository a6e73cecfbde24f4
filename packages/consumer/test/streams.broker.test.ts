import { randomUUID } from "node:crypto";
import { type Broker, brokersForTests, openChannel } from "@streamll/brokers";
import { EventConsumer, type EventConsumerOptions } from "@streamll/consumer";
import { DeadLetter, type OffsetStore, type StreamllEvent, silentLogger } from "@streamll/core";
import { RabbitMQSink } from "@streamll/sink";
import { proxyTo } from "@streamll/transport-testkit";
import { afterEach, describe, expect, it } from "vitest";

const patient = { timeout: 30_000 };
const hasSingleActive = ({ version }: Broker) => !version.startsWith("3.10");

describe.each(brokersForTests().filter(({ owned }) => owned))("a stream on RabbitMQ $version", (broker) => {
  const opened: { stop(): Promise<unknown> }[] = [];
  const streams: string[] = [];
  const url = `rabbitmq-stream://127.0.0.1:${broker.streamPort}/?amqp_port=${new URL(broker.url).port}`;

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((one) => one.stop()));
    await using channel = await openChannel(broker.url);
    for (const stream of streams.splice(0)) {
      await channel.deleteQueue(stream);
      await channel.deleteExchange(stream.replace(/-\d$/, ""));
    }
  });

  /** A stream, or a super stream, and consumers of it. */
  function scene(partitions?: number) {
    const stream = `events-${randomUUID()}`;
    streams.push(...(partitions === undefined ? [stream] : [0, 1, 2].map((index) => `${stream}-${index}`)));
    const sink = new RabbitMQSink({
      ...{ amqpUrl: url, stream, logger: silentLogger },
      ...(partitions === undefined ? {} : { superStreamPartitions: partitions }),
    });
    opened.push(sink);
    let step = 0;
    const send = async (count: number) => {
      await sink.start();
      for (const end = step + count; step < end; step++)
        sink.handleEvent({ eventType: "step", executionId: `run-${step % 10}`, data: { step } });
      await sink.flush();
    };
    const consumer = async (
      handle: EventConsumerOptions["handle"],
      own: EventConsumerOptions = {},
      watch: (one: EventConsumer) => void = () => {},
    ): Promise<EventConsumer> => {
      const one = new EventConsumer({ url, stream, from: "first", logger: silentLogger, handle, ...own });
      opened.push(one);
      watch(one);
      await one.start();
      return one;
    };
    return { stream, send, consumer };
  }

  const stepOf = ({ data }: StreamllEvent) => data.step as number;
  const upTo = (count: number) => Array.from({ length: count }, (_, step) => step);
  const sorted = (steps: Iterable<number>) => [...steps].toSorted((one, other) => one - other);

  it("is read on where the last consumer of the name stopped, each event once and in order", async () => {
    const { send, consumer } = scene();
    await send(2000);
    const steps: number[] = [];
    const own: EventConsumerOptions = { consumerName: "billing", prefetch: 50 };
    let stopped: Promise<unknown> | undefined;
    const first = await consumer((event) => {
      steps.push(stepOf(event));
      if (steps.length === 700) stopped = first.stop();
    }, own);
    await expect.poll(() => stopped, patient).toBeDefined();
    await stopped;
    const before = steps.length;
    expect(before).toBeLessThan(2000);
    const second = await consumer((event) => steps.push(stepOf(event)), own);
    await send(100);
    await expect.poll(() => steps.length, patient).toBe(2100);
    expect(sorted(steps)).toEqual(upTo(2100));
    for (let run = 0; run < 10; run++) {
      const ofRun = steps.filter((step) => step % 10 === run);
      expect(ofRun).toEqual(sorted(ofRun));
    }
    expect(second.health().status).toBe("up");
    expect(second.stats().events_received).toBe(2100 - before);
  });

  it("loses nothing of a consumer from the next event on whose connection is lost, before and after the first", async () => {
    const { send, consumer, stream } = scene();
    await send(3);
    const proxy = await proxyTo({
      ...{ scheme: "rabbitmq-stream", host: "127.0.0.1", port: broker.streamPort, path: "", query: {} },
      label: "proxy",
    });
    const steps = new Set<number>();
    const { port } = proxy.endpoint;
    const one = await consumer((event) => steps.add(stepOf(event)), {
      url: `rabbitmq-stream://127.0.0.1:${port}/`,
      streamAddressResolver: () => ({ host: "127.0.0.1", port: port! }),
      from: "next",
      stream,
    });
    let lost = 0;
    one.on("disconnected", () => lost++);
    for (let round = 1; round <= 3; round++) {
      await (proxy.faults.disconnect as () => unknown)();
      await send(50);
      await expect.poll(() => steps.size, patient).toBe(3 + 50 * round - 3);
    }
    expect(lost).toBeGreaterThanOrEqual(3);
    expect(sorted(steps)).toEqual(upTo(153).slice(3));
    await one.stop();
    await proxy[Symbol.asyncDispose]();
  });

  it("is begun at a time, at an offset, and where a store of the user's says", async () => {
    const { send, consumer, stream } = scene();
    await send(10);
    const kept = new Map([[stream, 6]]);
    const offsets: OffsetStore = {
      load: async (partition) => kept.get(partition),
      store: async (partition, offset) => void kept.set(partition, offset),
    };
    const seen = { time: [] as number[], offset: [] as number[], store: [] as number[] };
    await consumer((event) => seen.time.push(stepOf(event)), { from: new Date(Date.now() - 3_600_000) });
    await consumer(
      (event, { offset, partition }) =>
        seen.offset.push(stepOf(event), offset!, Number(partition === stream)),
      { from: 8 },
    );
    const storing = await consumer((event) => seen.store.push(stepOf(event)), { offsets });
    await expect
      .poll(() => seen.time.length + seen.store.length + seen.offset.length, patient)
      .toBe(10 + 3 + 6);
    expect(seen).toEqual({ time: upTo(10), store: [7, 8, 9], offset: [8, 8, 1, 9, 9, 1] });
    await storing.stop();
    expect(kept.get(stream)).toBe(9);
  });

  it("passes over what a handler gives up, and keeps what fails before it goes on", async () => {
    const { send, consumer } = scene();
    await send(30);
    const given: number[] = [];
    let failures = 0;
    const one = await consumer(
      (event) => {
        if (stepOf(event) === 4) throw new DeadLetter("NO", "not this one");
        if (stepOf(event) === 7 && ++failures < 4) throw new Error("not yet");
      },
      { consumerName: "careful", retry: { attempts: 2, backoffMs: 1, maxBackoffMs: 2 } },
      (made) => made.on("deadLettered", ({ delivery }) => given.push(delivery.offset!)),
    );
    await expect.poll(() => one.stats().events_handled, patient).toBe(29);
    expect(given).toEqual([4]);
    expect(failures).toBe(4);
  });

  it("of three partitions is read whole, each execution in order, and on at three offsets", async () => {
    const { send, consumer } = scene(3);
    await send(900);
    const steps: number[] = [];
    const partitions = new Set<string | undefined>();
    const handle: EventConsumerOptions["handle"] = (event, { partition }) => {
      steps.push(stepOf(event));
      partitions.add(partition);
    };
    const first = await consumer(handle, { consumerName: "all" });
    await expect.poll(() => steps.length, patient).toBe(900);
    await first.stop();
    await send(90);
    await consumer(handle, { consumerName: "all" });
    await expect.poll(() => steps.length, patient).toBe(990);
    expect(partitions.size).toBe(3);
    expect(sorted(steps)).toEqual(upTo(990));
    for (let run = 0; run < 10; run++) {
      const ofRun = steps.filter((step) => step % 10 === run);
      expect(ofRun).toEqual(sorted(ofRun));
    }
  });

  it.runIf(hasSingleActive(broker))(
    "has one active consumer, and another goes on when that one stops",
    async () => {
      const { send, consumer } = scene();
      await send(100);
      const steps: { by: number; step: number }[] = [];
      const own: EventConsumerOptions = { consumerName: "one", singleActiveConsumer: true };
      const consumers: EventConsumer[] = [];
      for (const by of [0, 1])
        consumers.push(await consumer((event) => steps.push({ by, step: stepOf(event) }), own));
      await expect.poll(() => steps.length, patient).toBe(100);
      expect(steps.every(({ by }) => by === 0)).toBe(true);
      await consumers[0]!.stop();
      await send(100);
      await expect.poll(() => steps.length, patient).toBe(200);
      expect(steps.map(({ step }) => step)).toEqual(expect.arrayContaining(upTo(200)));
      expect(steps.slice(100).every(({ by }) => by === 1)).toBe(true);
    },
  );

  it.runIf(hasSingleActive(broker))(
    "has its partitions shared among single active consumers, and handed over while handlers run",
    async () => {
      const { send, consumer } = scene(3);
      await send(300);
      const done = new Set<number>();
      const by = [new Set<string>(), new Set<string>(), new Set<string>()];
      const own: EventConsumerOptions = { consumerName: "one", singleActiveConsumer: true };
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      const begin = (index: number) =>
        consumer(async (event, { partition }) => {
          by[index]!.add(partition!);
          // The first consumer's handlers hang while its partitions are taken away.
          if (index === 0 && done.size > 100) await held;
          done.add(stepOf(event));
        }, own);
      const first = await begin(0);
      await expect.poll(() => done.size, patient).toBeGreaterThan(100);
      await begin(1);
      await begin(2);
      await send(300);
      await expect.poll(() => by[1]!.size + by[2]!.size, patient).toBe(2);
      release();
      await expect.poll(() => done.size, patient).toBe(600);
      // The partitions of the one that stops go to the others, and back to one that comes again.
      await first.stop();
      await send(300);
      await expect.poll(() => done.size, patient).toBe(900);
      by[0]!.clear();
      await begin(0);
      await send(300);
      await expect.poll(() => done.size, patient).toBe(1200);
      await expect.poll(() => by[0]!.size, patient).toBeGreaterThan(0);
    },
  );

  it.runIf(!hasSingleActive(broker))(
    "refuses a single active consumer where the broker is too old",
    async () => {
      const { send, consumer } = scene();
      await send(1);
      const own: EventConsumerOptions = { consumerName: "one", singleActiveConsumer: true };
      await expect(consumer(() => {}, own)).rejects.toThrow("needs RabbitMQ 3.11 or later: leave it out");
    },
  );

  it("that is not there is told at the start", async () => {
    const { consumer } = scene();
    await expect(consumer(() => {})).rejects.toMatchObject({ code: "TRANSPORT_NOT_FOUND" });
  });
});
