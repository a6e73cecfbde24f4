import type { ServiceBusReceivedMessage, ServiceBusReceiver } from "@azure/service-bus";
import { until } from "@streamll/brokers";
import { expect, it, vi } from "vitest";
import { type FakeServiceBus, startFakeServiceBus } from "../src/index.js";
import { clientOf } from "./support/client.js";
import { logIn } from "./support/log-in.js";

// Each takes a fraction of a second where nothing else runs.
vi.setConfig({ testTimeout: 30_000 });

const soon = { maxWaitTimeInMs: 100 };
const bodies = (messages: readonly ServiceBusReceivedMessage[]) => messages.map(({ body }) => body);
const receive = async (receiver: ServiceBusReceiver, count = 1) =>
  receiver.receiveMessages(count, { maxWaitTimeInMs: 10_000 });

it("gives back a message with all that it was sent with", async () => {
  await using bus = await startFakeServiceBus({ entities: ["events"] });
  await using client = clientOf(bus.connectionString);
  const sent = {
    body: { number: 1, text: "naïve" },
    messageId: "m1",
    correlationId: "c1",
    subject: "llm.call",
    contentType: "application/json",
    sessionId: "s1",
    partitionKey: "s1",
    replyTo: "elsewhere",
    timeToLive: 3_600_000,
    applicationProperties: { string: "a", number: 1.5, whole: 7, yes: true },
  };
  await client.createSender("events").sendMessages(sent);

  const [message] = await receive(client.createReceiver("events"));
  expect(message).toMatchObject({ ...sent, deliveryCount: 0 });
  expect(message?.sequenceNumber?.toNumber()).toBe(1);
  expect(message!.lockedUntilUtc!.getTime()).toBeGreaterThan(Date.now() + 50_000);
  expect(message!.enqueuedTimeUtc!.getTime()).toBeGreaterThan(Date.now() - 10_000);
  expect(bus.received("events")[0]).toMatchObject({
    body: Buffer.from('{"number":1,"text":"naïve"}'),
    message: { message_id: "m1", group_id: "s1", ttl: 3_600_000 },
  });
  expect(bus.protocolErrors).toEqual([]);
});

it("unpacks a batch, and counts it as one transfer", async () => {
  await using bus = await startFakeServiceBus({ entities: ["events"] });
  await using client = clientOf(bus.connectionString);
  const sender = client.createSender("events");
  const batch = await sender.createMessageBatch();
  for (let i = 0; i < 100; i++) batch.tryAddMessage({ body: i, messageId: `m${i}` });
  await sender.sendMessages(batch);
  const alone = await sender.createMessageBatch();
  alone.tryAddMessage({ body: 100, messageId: "m100" });
  await sender.sendMessages(alone);

  expect(bus.transfers.map(({ format, messages }) => [format, messages])).toEqual([
    [0x80013700, 100],
    [0x80013700, 1],
  ]);
  expect(bus.received("events").map(({ transfer }) => transfer)).toEqual([...Array(100).fill(1), 2]);
  const messages = await receive(client.createReceiver("events"), 101);
  expect(bodies(messages)).toEqual(Array.from({ length: 101 }, (_, i) => i));
});

it("does with a message what its receiver settles it with", async () => {
  await using bus = await startFakeServiceBus({ entities: ["events"] });
  await using client = clientOf(bus.connectionString);
  await client
    .createSender("events")
    .sendMessages(["done", "again", "dead", "later"].map((body) => ({ body })));
  const receiver = client.createReceiver("events");
  const [done, abandoned, dead, later] = await receive(receiver, 4);
  await receiver.completeMessage(done!);
  await receiver.abandonMessage(abandoned!);
  await receiver.deadLetterMessage(dead!, { deadLetterReason: "no use", deadLetterErrorDescription: "" });
  await receiver.deferMessage(later!);

  const rest = await receiver.receiveMessages(4, soon);
  expect(rest.map(({ body, deliveryCount }) => [body, deliveryCount])).toEqual([["again", 1]]);
  await receiver.completeMessage(rest[0]!);
  const deadLetters = client.createReceiver("events", { subQueueType: "deadLetter" });
  expect(bodies(await receive(deadLetters))).toEqual(["dead"]);
  expect(bus.protocolErrors).toEqual([]);
});

it("locks a message for its receiver, anew when asked", async () => {
  await using bus = await startFakeServiceBus({ entities: ["events"] });
  await using client = clientOf(bus.connectionString);
  await client.createSender("events").sendMessages({ body: "one" });
  const receiver = client.createReceiver("events", { maxAutoLockRenewalDurationInMs: 0 });
  const [message] = await receive(receiver);
  const until = message!.lockedUntilUtc!.getTime();
  expect((await receiver.renewMessageLock(message!)).getTime()).toBeGreaterThanOrEqual(until);
  expect(await receiver.receiveMessages(1, soon)).toEqual([]);
});

it("gives a message to the next once its lock has expired", async () => {
  await using bus = await startFakeServiceBus({ entities: [{ name: "events", lockMs: 50 }] });
  await using client = clientOf(bus.connectionString);
  await client.createSender("events").sendMessages({ body: "one" });
  const receiver = client.createReceiver("events", { maxAutoLockRenewalDurationInMs: 0 });
  const [message] = await receive(receiver);
  const [next] = await receive(receiver);
  expect(next).toMatchObject({ body: "one", deliveryCount: 1 });
  const lost = { code: "MessageLockLost" };
  await expect(receiver.renewMessageLock(message!)).rejects.toMatchObject(lost);
  await expect(receiver.completeMessage(message!)).rejects.toMatchObject(lost);
});

it("hands a receiver more messages than its window of 2,048 holds, in order", async () => {
  await using bus = await startFakeServiceBus({ entities: ["events", "others"] });
  await using client = clientOf(bus.connectionString);
  const all = Array.from({ length: 2_100 }, (_, body) => ({ body }));
  for (const entity of ["events", "others"]) await client.createSender(entity).sendMessages(all);

  const receiver = client.createReceiver("events", { receiveMode: "receiveAndDelete" });
  const read: unknown[] = [];
  while (read.length < all.length) read.push(...bodies(await receive(receiver, all.length - read.length)));
  expect(read).toEqual(all.map(({ body }) => body));
  expect(await settleEach(bus, "others", all.length)).toEqual(read);
  expect(bus.protocolErrors).toEqual([]);
});

it("takes as many transfers at a time as its credit says, answered or not", async () => {
  await using bus = await startFakeServiceBus({ entities: ["events"], credit: 10 });
  const connection = logIn(bus);
  const sender = connection.open_sender("events");
  let next = 0;
  sender.on("sendable", () => {
    while (next < 500 && sender.sendable()) sender.send({ body: next++ });
  });
  bus.faults.hold();
  await until(() => bus.transfers.length === 10, "the first transfers");
  expect(sender.sendable()).toBe(false);
  bus.faults.answer();
  await until(() => bus.received("events").length === 500, "all");
  expect(bus.received("events").map(({ message }) => message.body)).toEqual([...Array(500).keys()]);
  connection.close();
});

it("gives each subscription of a topic a copy", async () => {
  await using bus = await startFakeServiceBus({ entities: [{ name: "topic", subscriptions: ["a", "b"] }] });
  await using client = clientOf(bus.connectionString);
  await client.createSender("topic").sendMessages({ body: "one" });
  for (const subscription of ["a", "b"]) {
    expect(bodies(await receive(client.createReceiver("topic", subscription)))).toEqual(["one"]);
  }
  expect(bus.received("topic")).toHaveLength(1);
});

it("gives a session to one receiver, in order, and takes no message without one", async () => {
  await using bus = await startFakeServiceBus({ entities: [{ name: "ordered", sessions: true }] });
  await using client = clientOf(bus.connectionString);
  const sender = client.createSender("ordered");
  for (const sessionId of ["a", "b", "a"]) await sender.sendMessages({ body: sessionId, sessionId });
  await expect(sender.sendMessages({ body: "none" })).rejects.toThrow(/SessionId was not set/);
  const mixed = ["a", "b"].map((sessionId) => ({ body: sessionId, sessionId }));
  await expect(sender.sendMessages(mixed)).rejects.toThrow(/one session id/);

  const first = await client.acceptNextSession("ordered");
  expect(first.sessionId).toBe("a");
  expect(bodies(await receive(first, 2))).toEqual(["a", "a"]);
  await expect(client.acceptSession("ordered", "a")).rejects.toThrow(/create/);
  const second = await client.acceptSession("ordered", "b");
  expect(bodies(await receive(second))).toEqual(["b"]);
  await second.renewSessionLock();
});

it("takes a message id once, where it looks for duplicates", async () => {
  await using bus = await startFakeServiceBus({ entities: [{ name: "events", duplicateDetection: true }] });
  await using client = clientOf(bus.connectionString);
  const sender = client.createSender("events");
  for (let i = 0; i < 2; i++) await sender.sendMessages({ body: i, messageId: "m1" });
  expect(bus.received("events").map(({ body }) => body?.toString())).toEqual(["0"]);
});

/** Receives as Microsoft's client does with locks, in a fraction of its time: each message is settled by both sides. */
function settleEach(bus: FakeServiceBus, source: string, count: number): Promise<unknown[]> {
  const connection = logIn(bus);
  connection.open_receiver({ source, rcv_settle_mode: 1, snd_settle_mode: 0, autoaccept: false });
  const read: unknown[] = [];
  connection.on("message", ({ message, delivery }) => {
    read.push(JSON.parse(message?.body.content));
    delivery?.accept();
  });
  return new Promise((resolve) => {
    let settled = 0;
    connection.on("settled", () => {
      if (++settled < count) return;
      connection.close();
      resolve(read);
    });
  });
}
