import { randomUUID } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { brokersForTests, openChannel } from "@streamll/brokers";
import type { ConsumeMessage } from "amqplib";
import { CloudEvent } from "cloudevents";
import { describe, expect, it, vi } from "vitest";
import { RabbitMQSink, type RabbitMQSinkOptions } from "../src/index.js";

const newest = brokersForTests().at(-1)!;
const EVENTS = 1000;

const streamUrl = `rabbitmq-stream://127.0.0.1:${newest.streamPort}/`;

/** The messages of a queue, or of a stream, as a client that shares nothing with the sink reads them. */
async function read(queue: string, isEnough: (messages: readonly ConsumeMessage[]) => boolean) {
  await using channel = await openChannel(newest.url);
  await channel.prefetch(100);
  const messages: ConsumeMessage[] = [];
  await channel.consume(
    queue,
    (got) => {
      // The queue is deleted.
      if (got === null) return;
      messages.push(got);
      channel.ack(got);
    },
    queue.startsWith("stream") ? { arguments: { "x-stream-offset": "first" } } : {},
  );
  await vi.waitUntil(() => isEnough(messages), { timeout: 20_000 });
  await channel.deleteQueue(queue);
  return messages;
}

const eventsIn = ({ content, properties }: ConsumeMessage): { readonly data: { readonly index: number } }[] =>
  JSON.parse((properties.contentEncoding === "gzip" ? gunzipSync(content) : content).toString());

describe(`a sink to RabbitMQ ${newest.version}`, { skip: !newest.owned }, () => {
  it.each<[string, RabbitMQSinkOptions, string]>([
    ["AMQP 0-9-1", { amqpUrl: newest.url }, "formats"],
    ["AMQP 1.0", { amqpUrl: newest.url, amqpVersion: "1.0" }, "formats"],
    ["streams", { amqpUrl: streamUrl }, "stream"],
  ])("writes compressed batches over %s that another client reads", async (_how, where, kind) => {
    const name = `${kind}-${randomUUID()}`;
    const place = kind === "stream" ? { stream: name } : { exchange: name, queue: name };
    const sink = new RabbitMQSink({
      ...where,
      ...place,
      routingKey: "tokens",
      messageFormat: "batch",
      compressionType: "gzip",
    });
    // So much that a batch of one event is compressed, too.
    const text = "a token of some text ".repeat(60);
    for (let index = 0; index < EVENTS; index++)
      sink.handleEvent({ eventType: "token", executionId: `run-${index % 7}`, data: { index, text } });
    const report = await sink.stop();
    expect(report).toMatchObject({ sent: EVENTS, failed: 0 });
    const { bytes_saved, bytes_sent } = sink.stats();
    expect(bytes_saved).toBeGreaterThan(bytes_sent);

    const messages = await read(name, (all) => all.flatMap(eventsIn).length >= EVENTS);
    for (const message of messages) {
      const { contentType, contentEncoding, type, headers = {} } = message.properties;
      expect({ contentType, contentEncoding, type }).toEqual({
        contentType: "application/json",
        contentEncoding: "gzip",
        type: "batch",
      });
      expect(Number(headers.streamll_batch)).toBe(eventsIn(message).length);
    }
    const indices = messages.flatMap(eventsIn).map(({ data }) => data.index);
    for (let run = 0; run < 7; run++) {
      const own = indices.filter((index) => index % 7 === run);
      expect(own).toEqual(own.toSorted((a, b) => a - b));
    }
    expect(new Set(indices).size).toBe(EVENTS);
  });

  it("writes CloudEvents in binary mode over AMQP 1.0 that the official SDK takes for valid", async () => {
    const name = `formats-${randomUUID()}`;
    const sink = new RabbitMQSink({
      amqpUrl: newest.url,
      amqpVersion: "1.0",
      exchange: name,
      queue: name,
      envelope: "cloudevents",
      cloudEventsMode: "binary",
    });
    const event = { eventType: "end", eventId: "one", operation: "answer", moduleName: "rag" };
    sink.handleEvent({ ...event, executionId: "run", timestamp: "2026-01-02T03:04:05.678Z" });
    await sink.stop();
    const [message] = await read(name, (all) => all.length === 1);
    const { headers = {}, contentType } = message!.properties;
    const attributes = Object.entries(headers).flatMap(([header, value]) =>
      header.startsWith("cloudEvents_") ? [[header.slice("cloudEvents_".length), value]] : [],
    );
    const data = JSON.parse(message!.content.toString());
    const cloudEvent = new CloudEvent({
      ...Object.fromEntries(attributes),
      datacontenttype: contentType,
      data,
    });
    expect(cloudEvent.validate()).toBe(true);
    expect(cloudEvent).toMatchObject({
      id: "one",
      source: "/streamll/rag",
      type: "streamll.end",
      subject: "answer",
      executionid: "run",
      data: { event_id: "one", event_type: "end" },
    });
    expect(headers).toMatchObject({ event_type: "end", execution_id: "run" });
  });
});
