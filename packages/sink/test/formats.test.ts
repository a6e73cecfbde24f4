import { gunzipSync } from "node:zlib";
import type { MemoryMessage } from "@streamll/transport-memory";
import { type CloudEvent, HTTP } from "cloudevents";
import { describe, expect, it } from "vitest";
import { RabbitMQSink, type RabbitMQSinkOptions } from "../src/index.js";
import { onMemory } from "./on-memory.js";
import { problemsOf } from "./problems.js";

const tokens = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => ({
    eventType: "token",
    executionId: `run-${i % 3}`,
    moduleName: "answer",
    data: { index: from + i, text: "a token of some text " },
  }));

const batched = {
  messageFormat: "batch",
  queue: "streamll_events",
  routingKey: "tokens",
  retryBackoffMs: 1,
  maxRetryBackoffMs: 5,
} as const;

interface Wire {
  readonly data: { readonly index: number };
}

const eventsIn = ({ body }: Pick<MemoryMessage, "body">): Wire[] => JSON.parse(body.toString());
const indicesIn = (messages: readonly MemoryMessage[]) =>
  messages.flatMap(eventsIn).map(({ data }) => data.index);

describe("a sink with messageFormat: batch", () => {
  it("writes the events of a batch as one JSON array, and accounts for each", async () => {
    const { sink, arrived } = onMemory({ ...batched, headers: { tenant: "a" } });
    for (const event of tokens(120)) sink.handleEvent(event);
    const report = await sink.stop();
    const messages = arrived();
    expect(report).toMatchObject({ sent: 120, failed: 0 });
    expect(messages.map((one) => eventsIn(one).length)).toEqual([50, 50, 20]);
    expect(indicesIn(messages)).toEqual([...Array(120).keys()]);
    expect(messages[0]).toMatchObject({
      type: "batch",
      routingKey: "tokens",
      contentType: "application/json",
      correlationId: "",
      headers: { streamll_batch: 50, tenant: "a", streamll_version: expect.any(String) },
    });
    expect(Object.keys(messages[0]!.headers)).toHaveLength(3);
    expect(sink.stats()).toMatchObject({ events_sent: 120, confirms: 120, batches_sent: 3, bytes_saved: 0 });
    expect(sink.stats().bytes_sent).toBe(messages.reduce((sum, { body }) => sum + body.length, 0));
  });

  it("has one connection, unless a number of them is set", () => {
    const poolSize = (options: RabbitMQSinkOptions) =>
      new RabbitMQSink({ amqpUrl: "memory:", ...options }).explain().options.connectionPoolSize;
    expect(poolSize({ messageFormat: "batch" })).toEqual({ value: 1, from: "derived" });
    expect(poolSize({ messageFormat: "batch", connectionPoolSize: 5 })).toEqual({ value: 5, from: "option" });
    expect(poolSize({})).toEqual({ value: 5, from: "default" });
  });

  it("puts together what has one routing key and one set of headers, and keeps an execution in order", async () => {
    const { sink, arrived } = onMemory({
      messageFormat: "batch",
      routingKey: "{event_type}",
      headers: ({ tags }) => ({ tenant: tags.tenant }),
    });
    const send = (eventType: string, executionId: string, tenant = "a") =>
      sink.handleEvent({
        eventType,
        executionId,
        tags: { tenant },
        operation: `${eventType} ${executionId}`,
      });
    send("start", "1");
    send("start", "2");
    send("token", "1");
    send("start", "3");
    send("start", "1");
    send("start", "4", "b");
    await sink.stop();
    const operations = arrived().map(({ body }) =>
      (JSON.parse(body.toString()) as { operation: string }[]).map(({ operation }) => operation),
    );
    expect(operations).toEqual([["start 1", "start 2"], ["token 1"], ["start 3", "start 1"], ["start 4"]]);
  });

  it("finds the one event that the broker refuses, and dead-letters it alone", async () => {
    const { broker, sink, arrived } = onMemory({ ...batched, maxRetries: 1, deadLetterExchange: "failed" });
    broker.faults.nack(({ body, exchange }) => exchange !== "failed" && body.includes('"index":33,'));
    for (const event of tokens(80)) sink.handleEvent(event);
    const report = await sink.stop();
    expect(report).toMatchObject({ sent: 79, failed: 1 });
    expect(sink.stats()).toMatchObject({ events_dead_lettered: 1 });
    const [letter, ...others] = arrived("failed.failed");
    expect(others).toEqual([]);
    expect(JSON.parse(letter!.body.toString())).toMatchObject({ data: { index: 33 } });
    expect(letter).toMatchObject({ type: "token", headers: { streamll_failure: "RETRIES_EXHAUSTED" } });
    expect(letter!.headers).not.toHaveProperty("streamll_batch");
    expect(indicesIn(arrived()).toSorted((a, b) => a - b)).toEqual(
      [...Array(80).keys()].filter((index) => index !== 33),
    );
  });

  it("fails each event of a message that no queue takes", async () => {
    const codes: string[] = [];
    const { sink } = onMemory({
      ...batched,
      queue: false,
      maxRetries: 0,
      onFailure: ({ code }) => codes.push(code),
    });
    for (const event of tokens(10)) sink.handleEvent(event);
    expect(await sink.stop()).toMatchObject({ sent: 0, failed: 10 });
    expect(codes).toEqual(Array(10).fill("UNROUTABLE"));
    expect(sink.stats()).toMatchObject({ batches_sent: 1 });
  });

  it("keeps a message within batchBytes, whatever the size of its events", async () => {
    const { sink, arrived } = onMemory({ ...batched, batchBytes: 2000, maxEventBytes: 4000 });
    for (const event of tokens(40)) sink.handleEvent(event);
    sink.handleEvent({
      eventType: "token",
      executionId: "large",
      data: { index: 40, text: "x".repeat(3000) },
    });
    expect(await sink.stop()).toMatchObject({ sent: 41 });
    const messages = arrived();
    const large = messages.filter(({ body }) => body.length > 2002);
    expect(large.map((one) => eventsIn(one).length)).toEqual([1]);
    expect(new Set(indicesIn(messages)).size).toBe(41);
  });

  it("writes a line for each event with batchLayout: ndjson", async () => {
    const { sink, arrived } = onMemory({ ...batched, batchLayout: "ndjson" });
    for (const event of tokens(3)) sink.handleEvent(event);
    await sink.stop();
    const [message] = arrived();
    expect(message!.contentType).toBe("application/x-ndjson");
    const lines = message!.body.toString().split("\n");
    expect(lines.pop()).toBe("");
    expect(lines.map((line) => (JSON.parse(line) as Wire).data.index)).toEqual([0, 1, 2]);
  });
});

describe("a sink with compressionType", () => {
  it("compresses a batch as a whole, says so, and counts what it has spared", async () => {
    const { sink, arrived } = onMemory({ ...batched, compressionType: "gzip" });
    for (const event of tokens(100)) sink.handleEvent(event);
    await sink.stop();
    const messages = arrived();
    expect(messages.map(({ contentEncoding }) => contentEncoding)).toEqual(["gzip", "gzip"]);
    const plain = messages.map(({ body }) => gunzipSync(body));
    expect(indicesIn(plain.map((body, i) => ({ ...messages[i]!, body })))).toEqual([...Array(100).keys()]);
    const { bytes_sent, bytes_saved } = sink.stats();
    expect(bytes_sent).toBe(messages.reduce((sum, { body }) => sum + body.length, 0));
    expect(bytes_sent + bytes_saved).toBe(plain.reduce((sum, body) => sum + body.length, 0));
    expect(bytes_saved).toBeGreaterThan(4 * bytes_sent);
  });

  it("leaves small single events as they are, and compresses large ones", async () => {
    const { sink, arrived } = onMemory({ compressionType: "gzip" });
    sink.handleEvent({ eventType: "small" });
    const event = { eventType: "large", executionId: "run", data: { text: "word ".repeat(1000) } };
    for (let i = 0; i < 2; i++) sink.handleEvent(event);
    await sink.stop();
    const [small, large, ...others] = arrived();
    expect(others).toHaveLength(1);
    expect(small).not.toHaveProperty("contentEncoding");
    expect(JSON.parse(small!.body.toString())).toMatchObject({ event_type: "small" });
    expect(large).toMatchObject({ contentEncoding: "gzip", type: "large", headers: { event_type: "large" } });
    expect(JSON.parse(gunzipSync(large!.body).toString())).toMatchObject({ event_type: "large" });
  });
});

describe("a sink with envelope: cloudevents", () => {
  it("writes CloudEvents in structured mode that the official SDK takes for valid", async () => {
    const { sink, arrived } = onMemory({ envelope: "cloudevents" });
    const event = {
      eventType: "end",
      operation: "answer",
      moduleName: "a b",
      executionId: "run",
      parentId: "p",
    };
    sink.handleEvent({
      ...event,
      eventId: "one",
      timestamp: "2026-01-02T03:04:05.678Z",
      data: { text: "ü" },
    });
    await sink.stop();
    const [message] = arrived();
    expect(message!.contentType).toBe("application/cloudevents+json");
    const read = HTTP.toEvent({
      headers: { "content-type": message!.contentType },
      body: message!.body.toString(),
    }) as CloudEvent<unknown>;
    expect(read.validate()).toBe(true);
    expect(read).toMatchObject({
      specversion: "1.0",
      id: "one",
      source: "/streamll/a%20b",
      type: "streamll.end",
      subject: "answer",
      time: "2026-01-02T03:04:05.678Z",
      executionid: "run",
      parentid: "p",
      datacontenttype: "application/json",
      data: { event_id: "one", event_type: "end", data: { text: "ü" } },
    });
  });
});

describe("the options of formats", () => {
  it.each([
    [{ batchLayout: "ndjson" }, 'batchLayout: is "ndjson", which requires messageFormat: "batch"'],
    [
      { envelope: "cloudevents", messageFormat: "batch" },
      'envelope: CloudEvents has batches for HTTP alone: leave it out, or messageFormat: "batch"',
    ],
    [
      { cloudEventsMode: "structured" },
      'cloudEventsMode: is "structured", which requires envelope: "cloudevents"',
    ],
    [
      { envelope: "cloudevents", cloudEventsMode: "binary" },
      'cloudEventsMode: CloudEvents has no binary mode for the transport amqp091: leave it out, or set amqpVersion: "1.0"',
    ],
    [
      { headers: { streamll_batch: 1 } },
      'headers: may not have streamll_batch: messageFormat: "batch" tells by it how many events a message has',
    ],
  ])("refuse %o", (options, problem) => {
    expect(problemsOf(options)).toEqual([problem]);
  });

  it("take binary CloudEvents over AMQP 1.0", () => {
    expect(problemsOf({ envelope: "cloudevents", cloudEventsMode: "binary", amqpVersion: "1.0" })).toEqual(
      [],
    );
  });

  it.skipIf("zstdCompressSync" in process.getBuiltinModule("node:zlib"))(
    "refuse zstd where Node has none",
    () => {
      expect(problemsOf({ compressionType: "zstd" })).toEqual([
        `compressionType: is "zstd", which Node ${process.versions.node} does not have: set "gzip", or run Node 22.15, 23.8 or later`,
      ]);
    },
  );

  it("refuse compression on a transport that cannot name it", () => {
    const transport = {
      name: "plain",
      schemes: ["plain"],
      capabilities: {
        confirms: true,
        mandatory: false,
        priority: false,
        ttl: false,
        deadLetter: false,
        deduplication: false,
        topology: false,
      },
      create: () => {
        throw new Error("not made");
      },
    };
    expect(problemsOf({ amqpUrl: "plain:", transports: [transport], compressionType: "gzip" })).toEqual([
      "compressionType: the transport plain cannot say that a message is compressed",
    ]);
  });
});

it("a sink with batches keeps the headers of events where the exchange routes by them", async () => {
  const { broker, sink } = onMemory({ ...batched, exchange: "amq.headers", queue: false, mandatory: false });
  broker.declareQueue("errors");
  broker.bind("errors", "amq.headers", "", { event_type: "error" });
  for (const eventType of ["error", "token", "error"])
    sink.handleEvent({ eventType, executionId: eventType });
  await sink.stop();
  const [message, ...others] = broker.consume("errors");
  expect(others).toEqual([]);
  expect(message!.headers).toMatchObject({ event_type: "error", streamll_batch: 2 });
});
