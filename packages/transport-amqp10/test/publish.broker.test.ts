import { protonMissing, readWithProton } from "@streamll/brokers";
import type { PublishOutcome } from "@streamll/core";
import { describe, expect, it } from "vitest";
import { open, publish } from "./support/connect.js";
import { defaults, message, messages } from "./support/options.js";
import { brokersOf4, endpointOf, scratch } from "./support/rabbitmq.js";

const kinds = (all: readonly PublishOutcome[]) => all.map(({ kind }) => kind);

describe.each(brokersOf4)("publishing to RabbitMQ $version", (broker) => {
  const endpoint = endpointOf(broker.url);

  it("gives a consumer over AMQP 0-9-1 the properties that it knows", async () => {
    await using bench = await scratch(broker, { "x-max-priority": 10 });
    const own = defaults({ exchange: bench.name, priority: 7, expirationMs: 60_000 });
    await using lane = await open(endpoint, { ...bench.own, message: own });
    const headers = { event_type: "start", count: 3, share: 0.5, big: 2 ** 40, flag: true, nothing: null };
    await publish(lane.connection, [message({ messageId: "id", correlationId: "run", headers })]);
    const [got] = await bench.drain(1);
    expect(got!.properties).toMatchObject({
      contentType: "application/json",
      deliveryMode: 2,
      priority: 7,
      expiration: "60000",
      messageId: "id",
      correlationId: "run",
      type: "start",
      appId: "streamll",
      headers: { event_type: "start", count: 3, share: 0.5, big: 2 ** 40, flag: true },
    });
    expect(got!.content.toString()).toBe('{"event_type":"start"}');
  });

  it("gives a reader over AMQP 1.0 that shares no code with this one what was sent", async (test) => {
    test.skip(protonMissing() !== undefined, protonMissing());
    await using bench = await scratch(broker);
    const own = defaults({ exchange: bench.name, expirationMs: 60_000 });
    await using lane = await open(endpoint, { ...bench.own, message: own });
    const headers = { text: "naïve 東京", count: 3, share: 0.5, big: 2 ** 40, flag: true };
    const body = "é".repeat(200);
    await publish(lane.connection, [
      message({ messageId: "id", correlationId: "run", headers, body: Buffer.from(body) }),
      ...messages(2, { headers: {} }),
    ]);
    const [first, ...rest] = await readWithProton(broker.url, `/queues/${bench.name}`, 3);
    expect(first).toMatchObject({
      body,
      id: "id",
      correlationId: "run",
      subject: "start",
      contentType: "application/json",
      groupId: "streamll",
      durable: true,
      ttl: 60,
      properties: headers,
      annotations: { "x-basic-type": "start" },
    });
    expect(rest.map((message_) => message_.body)).toEqual([
      '{"event_type":"start"}',
      '{"event_type":"start"}',
    ]);
  });

  it("refuses what no queue takes, or confirms it where nobody asked to have it back", async () => {
    await using bench = await scratch(broker);
    await using lane = await open(endpoint, bench.own);
    const batch = [message(), message({ routingKey: "nobody" }), message()];
    const all = await publish(lane.connection, batch);
    expect(kinds(all)).toEqual(["confirmed", "refused", "confirmed"]);
    expect(all[1]).toMatchObject({ error: { kind: "unroutable", permanent: false } });
    await using careless = await open(endpoint, { message: { ...bench.own.message, mandatory: false } });
    expect(kinds(await publish(careless.connection, batch))).toEqual(["confirmed", "confirmed", "confirmed"]);
  });

  it("refuses what a full queue rejects, and keeps the connection", async () => {
    await using bench = await scratch(broker, { "x-max-length": 1, "x-overflow": "reject-publish" });
    await using lane = await open(endpoint, bench.own);
    await publish(lane.connection, messages(1));
    const [outcome] = await publish(lane.connection, messages(1));
    expect(outcome).toMatchObject({ kind: "refused", error: { kind: "nack", permanent: false } });
    await bench.drain(1);
    expect(kinds(await publish(lane.connection, messages(1)))).toEqual(["confirmed"]);
  });

  it("reaches queues through the default exchange", async () => {
    await using bench = await scratch(broker);
    const message_ = defaults({ exchange: "" });
    await using lane = await open(endpoint, { ...bench.own, message: message_ });
    const keys = [bench.name, "no such queue", ""];
    const all = await publish(
      lane.connection,
      keys.map((routingKey) => message({ routingKey })),
    );
    expect(kinds(all)).toEqual(["confirmed", "refused", "refused"]);
    await bench.drain(1);
  });

  it("ends the connection when the exchange of all messages is gone, and refuses only what names another", async () => {
    await using bench = await scratch(broker);
    await using lane = await open(endpoint, bench.own);
    const all = await publish(lane.connection, [message(), message({ exchange: "no such" }), message()]);
    expect(kinds(all)).toEqual(["confirmed", "refused", "confirmed"]);
    expect(all[1]).toMatchObject({ error: { kind: "not-found", permanent: true } });
    await bench.channel.deleteExchange(bench.name);
    lane.connection.publish(messages(2), () => {
      throw new Error("an outcome");
    });
    expect(await lane.connection.closed).toMatchObject({ kind: "not-found", permanent: false });
  });

  it("refuses a message over the broker's limit alone", async () => {
    await using bench = await scratch(broker);
    await using lane = await open(endpoint, bench.own);
    const large = message({ body: Buffer.alloc(17 * 1024 * 1024) });
    const all = await publish(lane.connection, [message(), large, message()]);
    expect(kinds(all)).toEqual(["confirmed", "refused", "confirmed"]);
    expect(all[1]).toMatchObject({ error: { kind: "too-large", permanent: true } });
  });

  it.each([
    ["a message id over 255 bytes", { messageId: "i".repeat(256) }],
    ["a routing key that is no Unicode", { routingKey: "streamll.\ud800" }],
    ["a header that is no finite number", { headers: { count: Number.NaN } }],
    ["a header's name over 255 bytes", { headers: { ["n".repeat(256)]: 1 } }],
  ])("refuses %s alone", async (_, own) => {
    await using bench = await scratch(broker);
    await using lane = await open(endpoint, bench.own);
    const all = await publish(lane.connection, [message(), message(own), message()]);
    expect(kinds(all)).toEqual(["confirmed", "refused", "confirmed"]);
    expect(all[1]).toMatchObject({ error: { kind: "protocol", permanent: true } });
  });

  it("goes on in order through many more messages than the broker's credit", async () => {
    await using bench = await scratch(broker);
    await using lane = await open(endpoint, bench.own);
    const batch = messages(5000);
    expect(new Set(kinds(await publish(lane.connection, batch)))).toEqual(new Set(["confirmed"]));
    const all = await bench.drain(5000);
    expect(all.map(({ properties }) => properties.messageId)).toEqual(
      batch.map(({ messageId }) => messageId),
    );
  });
});
