import { brokersForTests, readQueue, unreadable } from "@streamll/brokers";
import { Offset } from "rabbitmq-stream-js-client";
import { describe, expect, it, vi } from "vitest";
import { open, publish, WAIT } from "./support/connect.js";
import { officialClient, readStream } from "./support/official.js";
import { message, messages, options } from "./support/options.js";
import { endpointOf, freshName, onStream } from "./support/stream.js";

const filtered = { ...options().own, streamFilter: true };

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
    expect(await readQueue(broker, stream, { isStream: true })).toMatchObject([
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
        body: sent.body().toString(),
      },
    ]);
  });

  it("is filtered by the type of an event for rabbitmq-stream-js-client", {
    // Filters came with 3.13.
    skip: !broker.owned || broker.generation === "3.10",
  }, async () => {
    const stream = freshName();
    await using lane = await open(endpointOf(broker), { ...onStream(stream), own: filtered });
    for (const [index, type] of ["start", "token", "end"].entries()) {
      const sequence = 1 + 100 * index;
      await publish(lane.connection, messages(sequence, 100, { type, headers: { event_type: type } }));
    }
    const client = await officialClient({ port: broker.streamPort });
    const types: unknown[] = [];
    const filter = { values: ["token"], postFilterFunc: () => true, matchUnfiltered: false };
    await client.declareConsumer({ stream, offset: Offset.first(), filter }, ({ applicationProperties }) => {
      types.push(applicationProperties?.event_type);
    });
    await vi.waitUntil(() => types.length >= 100, WAIT);
    await client.close();
    expect(types).toEqual(Array(100).fill("token"));
  });

  it("that has no filters is published to all the same", {
    skip: !broker.owned || broker.generation !== "3.10",
  }, async () => {
    await using lane = await open(endpointOf(broker), { ...onStream(freshName()), own: filtered });
    expect(await publish(lane.connection, messages(1, 2))).toHaveLength(2);
  });

  it("is read by rabbitmq-stream-js-client", {
    // That client ends the connection of an older broker by asking for what came with 3.11.
    skip: !broker.owned || broker.generation === "3.10",
  }, async () => {
    const stream = freshName();
    await using lane = await open(endpointOf(broker), onStream(stream));
    await publish(lane.connection, [sent]);
    const [found] = await readStream({ port: broker.streamPort }, stream, 1, (one) => one);
    expect(found).toMatchObject({
      content: sent.body(),
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
