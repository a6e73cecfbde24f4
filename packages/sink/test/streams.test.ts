import { RabbitMQSink, type RabbitMQSinkOptions } from "@streamll/sink";
import { streamsTransport } from "@streamll/transport-streams";
import { describe, expect, it } from "vitest";
import { problemsOf } from "./problems.js";

const explained = (options: RabbitMQSinkOptions) => new RabbitMQSink(options).explain();

describe("a sink on a stream", () => {
  it.each<RabbitMQSinkOptions>([
    { useStreams: true },
    { amqpUrl: "rabbitmq-stream://localhost" },
    { stream: "streamll_events" },
    { publisherName: "indexer" },
    { streamFilter: true },
    { useStreams: true, transports: [streamsTransport] },
    { transport: streamsTransport, amqpUrl: "rabbitmq-stream://localhost" },
  ])("comes of %o", (options) => {
    const { transport, topology } = explained(options);
    expect(transport).toBe("streams");
    expect(topology).toEqual({
      mode: "declare",
      exchanges: [],
      queues: [{ name: "streamll_events", arguments: { "x-queue-type": "stream" } }],
      bindings: [],
    });
  });

  it("is made with the retention of the guide", () => {
    const { topology } = explained({
      useStreams: true,
      exchange: "analytics",
      streamMaxAgeHours: 6,
      streamMaxSegmentSize: "500MB",
      streamMaxBytes: "20GB",
      batchSize: 500,
      batchTimeout: 0.5,
      publisherConfirms: true,
    });
    expect(topology.queues).toEqual([
      {
        name: "analytics",
        arguments: {
          "x-queue-type": "stream",
          "x-max-age": "21600s",
          "x-stream-max-segment-size-bytes": 500_000_000,
          "x-max-length-bytes": 20_000_000_000,
        },
      },
    ]);
  });

  it("of partitions is a super stream", () => {
    const { topology } = explained({
      stream: "invoices",
      superStreamPartitions: 2,
      streamMaxAgeHours: "30m",
    });
    const args = { "x-queue-leader-locator": "balanced", "x-queue-type": "stream", "x-max-age": "1800s" };
    expect(topology).toEqual({
      mode: "declare",
      exchanges: [{ name: "invoices", type: "direct", arguments: { "x-super-stream": true } }],
      queues: [
        { name: "invoices-0", arguments: args },
        { name: "invoices-1", arguments: args },
      ],
      bindings: [
        {
          exchange: "invoices",
          queue: "invoices-0",
          pattern: "0",
          arguments: { "x-stream-partition-order": 0 },
        },
        {
          exchange: "invoices",
          queue: "invoices-1",
          pattern: "1",
          arguments: { "x-stream-partition-order": 1 },
        },
      ],
    });
  });

  it.each([
    [{ amqpUrl: "amqp://anna:pw@h:5673/analytics" }, "rabbitmq-stream://anna:***@h:5552/analytics"],
    [{ amqpUrl: "amqps://h" }, "rabbitmq-stream+tls://h:5551/"],
    [{ amqpUrl: "amqp://h", ssl: true }, "rabbitmq-stream+tls://h:5551/"],
    [{ amqpUrl: "rabbitmq-stream://h" }, "rabbitmq-stream://h:5552/"],
    [{ amqpUrl: "rabbitmq-stream://h:1234/%2Fv", ssl: true }, "rabbitmq-stream+tls://h:1234//v"],
    [{ amqpUrl: "rabbitmq-stream://h:1234?amqp_port=5673&heartbeat=5" }, "rabbitmq-stream://h:1234/"],
  ])("reaches the port of streams, by %o", (options, endpoint) => {
    expect(explained({ useStreams: true, ...options }).endpoints).toEqual([endpoint]);
  });

  it.each<[RabbitMQSinkOptions, string]>([
    [
      { messageTtl: 60 },
      "messageTtl: a stream has no expiry of single messages: set streamMaxAgeHours instead",
    ],
    [{ queuePriority: 1 }, "queuePriority: the transport streams has no message priorities"],
    [{ deadLetterExchange: "d" }, "deadLetterExchange: the transport streams has no dead letters"],
    [{ mandatory: true }, "mandatory: the transport streams cannot return messages"],
    [{ queue: "q" }, "queue: a stream is named by stream"],
    [{ queueType: "quorum" }, "queueType: a stream is a type of its own"],
    [{ exchangeType: "fanout" }, "exchangeType: events go to the stream itself"],
    [{ connectionPoolSize: 3 }, "connectionPoolSize: a stream has one connection"],
    [{ durable: false }, "durable: must not be false: a stream is always on disk"],
    [{ amqpUrl: "memory:" }, "amqpUrl: memory: has no streams: write rabbitmq-stream://"],
    [{ exchange: "" }, "stream: is missing"],
    [{ stream: "x".repeat(254), superStreamPartitions: 2 }, "stream: the name of a super stream"],
    [{ publisherName: "é".repeat(128) }, "publisherName"],
    [{ amqpUrl: "rabbitmq-stream://h?amqp_port=x" }, "amqpUrl: amqp_port must be a port"],
    [{ amqpUrl: "rabbitmq-stream://h?amqp_prt=1" }, "connection_timeout, amqp_port"],
    [{ useStreams: false, streamMaxAgeHours: 1 }, "streamMaxAgeHours: asks for a stream, and useStreams is"],
    [{ stream: "amq.events" }, "stream: must not begin with amq."],
    [
      { exchange: "a\nb" },
      'exchange: must be a string of at most 255 bytes, without control characters; got "a\\nb"',
    ],
    [{ exchange: "amq.events" }, "exchange: must not begin with amq., which is reserved for the broker"],
    [
      { queueArguments: { "x-queue-type": "classic" } },
      'queueArguments: x-queue-type is "classic", and useStreams makes it "stream"',
    ],
    [
      { streamMaxAgeHours: 1, queueArguments: { "x-max-age": "5h" } },
      'queueArguments: x-max-age is "5h", and streamMaxAgeHours makes it "3600s"',
    ],
    [
      { queueArguments: { "x-message-ttl": 5 } },
      'queueArguments: a stream has no x-message-ttl: set "x-max-age" instead',
    ],
    [
      { queueArguments: { "x-overflow": "drop-head" } },
      "queueArguments: a stream has no x-overflow: it has x-max-age",
    ],
  ])("refuses %o, which it could not honour", (options, message) => {
    expect(problemsOf({ useStreams: true, ...options })[0]).toContain(message);
  });

  it("has a sequence only under a name that a later program can ask for", async () => {
    const sink = new RabbitMQSink({ useStreams: true });
    const error = "requires publisherName";
    await expect(sink.publish({ eventType: "start" }, { sequence: 1 })).rejects.toThrow(error);
    await expect(sink.lastSequence()).rejects.toThrow(error);
    await sink.stop();
  });

  it("has a sequence from 1, and over partitions an execution of the input's", async () => {
    const sink = new RabbitMQSink({ publisherName: "p", superStreamPartitions: 2 });
    const refused = (event: object, sequence: number) =>
      expect(sink.publish({ eventType: "start", ...event }, { sequence })).rejects;
    await refused({ executionId: "e" }, 0).toMatchObject({
      code: "REJECTED",
      message: expect.stringContaining("sequence must be a whole number from 1"),
    });
    await refused({}, 1).toMatchObject({
      code: "REJECTED",
      message: expect.stringContaining("requires an executionId"),
    });
    expect(sink.stats().events_received).toBe(0);
    await sink.stop();
  });

  it("explains what streams make of the options", () => {
    const { options } = explained({ streamMaxAgeHours: 6, superStreamPartitions: 2 });
    expect(options.useStreams).toEqual({ value: true, from: "derived" });
    expect(options.stream).toEqual({ value: "streamll_events", from: "derived" });
    expect(options.connectionPoolSize).toEqual({ value: 2, from: "derived" });
  });

  it("tells at construction of arguments that no stream has, before the broker hears of them", () => {
    expect(problemsOf({ useStreams: true, queueArguments: { "x-nonsense": 10 } })).toEqual([
      expect.stringContaining("queueArguments: a stream has no x-nonsense: it has x-max-age"),
    ]);
    expect(problemsOf({ useStreams: true, queueArguments: { "x-max-length-bytes": "lots" } })).toEqual([
      'queueArguments: x-max-length-bytes must not be "lots"',
    ]);
  });
});
