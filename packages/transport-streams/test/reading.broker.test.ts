import { brokersForTests, unreadable } from "@streamll/brokers";
import { describe, expect, it } from "vitest";
import { open, publish } from "./support/connect.js";
import { readStream } from "./support/official.js";
import { message } from "./support/options.js";
import { readOverAmqp } from "./support/pika.js";
import { endpointOf, freshName, onStream } from "./support/stream.js";

const sent = message({
  sequence: 1,
  body: Buffer.from(JSON.stringify({ event_type: "start", data: { query: "東京 é" } })),
  correlationId: "run-é",
  headers: {
    streamll_version: "0.0.0",
    event_type: "start",
    operation: "search",
    count: 3,
    flag: true,
    nothing: null,
  },
});

describe.each(brokersForTests())("a stream of RabbitMQ $version", (broker) => {
  it("is read over AMQP 0-9-1 by pika, properties and all", {
    skip: !broker.owned || unreadable() !== undefined,
  }, async () => {
    const stream = freshName();
    await using lane = await open(endpointOf(broker), onStream(stream));
    await publish(lane.connection, [sent]);
    expect(await readOverAmqp(broker.url, stream, 1)).toEqual([
      {
        key: sent.routingKey,
        exchange: stream,
        messageId: sent.messageId,
        correlationId: "run-é",
        type: "start",
        appId: "streamll",
        contentType: "application/json",
        timestamp: Math.floor(sent.timestamp / 1000),
        headers: expect.objectContaining({ event_type: "start", operation: "search", count: 3, flag: true }),
        body: sent.body.toString(),
      },
    ]);
  });

  it("is read by rabbitmq-stream-js-client", {
    // That client ends the connection of an older broker by asking for what came with 3.11.
    skip: !broker.owned || broker.generation === "3.10",
  }, async () => {
    const stream = freshName();
    await using lane = await open(endpointOf(broker), onStream(stream));
    await publish(lane.connection, [sent]);
    const [found] = await readStream({ port: broker.streamPort }, stream, 1);
    expect(found).toMatchObject({
      content: sent.body,
      messageProperties: {
        messageId: sent.messageId,
        correlationId: "run-é",
        contentType: "application/json",
        creationTime: new Date(sent.timestamp),
        groupId: "streamll",
      },
      messageAnnotations: { "x-routing-key": sent.routingKey, "x-exchange": stream, "x-basic-type": "start" },
      applicationProperties: { event_type: "start", operation: "search", count: 3, flag: true },
    });
  });
});
