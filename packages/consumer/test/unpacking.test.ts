import { gzipSync } from "node:zlib";
import { DeadLetter, EventConsumer, type EventConsumerOptions } from "@streamll/consumer";
import { type StreamllEvent, silentLogger } from "@streamll/core";
import { RabbitMQSink, type RabbitMQSinkOptions } from "@streamll/sink";
import { MemoryBroker } from "@streamll/transport-memory";
import { describe, expect, it } from "vitest";

function scene(options: RabbitMQSinkOptions = {}) {
  const broker = new MemoryBroker();
  const transport = broker.transport();
  const sink = new RabbitMQSink({ transport, queue: "streamll_events", routingKey: "events", ...options });
  const consumer = (more: EventConsumerOptions) =>
    new EventConsumer({
      transport,
      queue: "streamll_events",
      retry: { attempts: 2, backoffMs: 1 },
      drainTimeout: 2,
      logger: silentLogger,
      ...more,
    });
  const settled = (one: EventConsumer) =>
    expect.poll(() => broker.depth("streamll_events") + one.health().pending).toBe(0);
  return { broker, sink, consumer, settled };
}

const send = async (sink: RabbitMQSink, count: number) => {
  for (let index = 0; index < count; index++)
    sink.handleEvent({ eventType: "step", executionId: `run-${index % 4}`, data: { index } });
  await sink.stop();
};
const indexOf = ({ data }: StreamllEvent) => data.index as number;

describe("a consumer", () => {
  it.each<RabbitMQSinkOptions>([
    { messageFormat: "batch" },
    { messageFormat: "batch", batchLayout: "ndjson" },
    { messageFormat: "batch", compressionType: "gzip" },
    { compressionType: "gzip" },
    { envelope: "cloudevents" },
    { envelope: "cloudevents", compressionType: "gzip" },
  ])("reads the events of %o one by one, each as if it were a message of its own", async (options) => {
    const { broker, sink, consumer, settled } = scene(options);
    await send(sink, 60);
    const heard: number[] = [];
    const one = consumer({
      concurrency: 1,
      handle: (event, { messageId, correlationId, type, contentType, contentEncoding, body }) => {
        heard.push(indexOf(event));
        expect({ messageId, correlationId, type }).toEqual({
          messageId: event.eventId,
          correlationId: event.executionId,
          type: "step",
        });
        expect(contentType).toBe("application/json");
        expect(contentEncoding).toBeUndefined();
        expect(JSON.parse(body.toString())).toMatchObject({ event_id: event.eventId });
      },
    });
    await one.start();
    await settled(one);
    expect(heard.toSorted((a, b) => a - b)).toEqual([...Array(60).keys()]);
    expect(one.stats()).toMatchObject({ events_received: 60, events_handled: 60 });
    await one.stop();
    expect(broker.depth("streamll_events")).toBe(0);
  });

  it("tries a failed event of a batch again alone, and has the others done once", async () => {
    const { sink, consumer, settled } = scene({ messageFormat: "batch" });
    await send(sink, 10);
    const heard: number[] = [];
    const one = consumer({
      handle: (event, { attempt }) => {
        heard.push(indexOf(event));
        if (indexOf(event) === 7 && attempt === 1) throw new Error("not now");
      },
    });
    await one.start();
    await settled(one);
    expect(heard.filter((index) => index === 7)).toHaveLength(2);
    expect(heard).toHaveLength(11);
    await one.stop();
  });

  it("gives back a batch at stop() that is not done, and does not do again what the next run remembers", async () => {
    const { broker, sink, consumer } = scene({ messageFormat: "batch" });
    await send(sink, 10);
    const done: number[] = [];
    const ids = new Set<string>();
    const dedup = { has: (id: string) => ids.has(id), add: (id: string) => void ids.add(id) };
    let release = () => {};
    const blocked = new Promise<void>((resolve) => {
      release = resolve;
    });
    const first = consumer({
      dedup,
      drainTimeout: 0.2,
      handle: async (event) => {
        if (indexOf(event) === 3) await blocked;
        done.push(indexOf(event));
      },
    });
    await first.start();
    // Event 7 is of the same execution as event 3, and waits for it.
    await expect.poll(() => done.length).toBe(8);
    await first.stop();
    expect(broker.depth("streamll_events")).toBe(1);
    const second = consumer({ dedup, handle: (event) => void done.push(indexOf(event)) });
    await second.start();
    await expect.poll(() => broker.depth("streamll_events") + second.health().pending).toBe(0);
    expect(done.toSorted((a, b) => a - b)).toEqual([...Array(10).keys()]);
    await second.stop();
    release();
  });

  it("dead-letters the message of an event that is given up, once its neighbours are done", async () => {
    const { broker, sink, consumer, settled } = scene({
      messageFormat: "batch",
      deadLetterExchange: "failed",
    });
    await send(sink, 5);
    const done: number[] = [];
    const one = consumer({
      deadLetterExchange: "failed",
      handle: (event) => {
        if (indexOf(event) === 2) throw new DeadLetter("BROKEN", "no use");
        done.push(indexOf(event));
      },
    });
    await one.start();
    await settled(one);
    expect(done.toSorted()).toEqual([0, 1, 3, 4]);
    expect(broker.depth("failed.failed")).toBe(1);
    await one.stop();
  });

  it.each([
    ["what is not compressed as it says", { body: "[]", contentEncoding: "gzip" }],
    ["an unknown compression", { body: gzipSync("{}"), contentEncoding: "br" }],
    [
      "what would become too large",
      { body: gzipSync(Buffer.alloc(70_000_000, " ")), contentEncoding: "gzip" },
    ],
    ["an empty batch", { body: "[]" }],
    ["a batch that is cut off", { body: '[{"event_type":"a"},' }],
  ])("takes %s for one message that is no event", async (_what, message) => {
    const { broker, consumer, settled } = scene();
    broker.declareQueue("streamll_events");
    broker.publish({ routingKey: "streamll_events", ...message });
    const foreign: number[] = [];
    const one = consumer({
      handle: () => {},
      onForeign: ({ body }) => void foreign.push(body.length),
    });
    await one.start();
    await settled(one);
    expect(foreign).toEqual([message.body.length]);
    await one.stop();
  });
});
