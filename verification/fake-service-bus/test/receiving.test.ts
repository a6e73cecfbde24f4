import type { ServiceBusReceivedMessage, ServiceBusReceiver } from "@azure/service-bus";
import { until } from "@streamll/brokers";
import { expect, it, vi } from "vitest";
import { startFakeServiceBus } from "../src/index.js";
import { clientOf } from "./support/client.js";

// Each takes a fraction of a second where nothing else runs.
vi.setConfig({ testTimeout: 30_000 });

const unattended = { maxAutoLockRenewalDurationInMs: 0 };
const receive = (receiver: ServiceBusReceiver, count = 1): Promise<ServiceBusReceivedMessage[]> =>
  receiver.receiveMessages(count, { maxWaitTimeInMs: 10_000 });
const deadLetters = { subQueueType: "deadLetter" } as const;

it("makes a dead letter of a message that was delivered too often, and says so in it", async () => {
  await using bus = await startFakeServiceBus({ entities: [{ name: "events", maxDeliveryCount: 3 }] });
  await using client = clientOf(bus.connectionString);
  await client.createSender("events").sendMessages({ body: "one", applicationProperties: { mine: 1 } });
  const receiver = client.createReceiver("events");
  for (let deliveryCount = 0; deliveryCount < 3; deliveryCount++) {
    const [message] = await receive(receiver);
    expect(message).toMatchObject({ deliveryCount });
    await receiver.abandonMessage(message!);
  }
  const [dead] = await receive(client.createReceiver("events", deadLetters));
  expect(dead).toMatchObject({
    body: "one",
    deadLetterReason: "MaxDeliveryCountExceeded",
    applicationProperties: { mine: 1 },
  });
  expect(bus.stored("events")).toEqual([]);
});

it("keeps the reason and the description that a receiver gives a dead letter", async () => {
  await using bus = await startFakeServiceBus({ entities: ["events"] });
  await using client = clientOf(bus.connectionString);
  await client.createSender("events").sendMessages({ body: "one" });
  const receiver = client.createReceiver("events");
  const [message] = await receive(receiver);
  const why = { deadLetterReason: "NO_TOKENS", deadLetterErrorDescription: "it has no tokens" };
  await receiver.deadLetterMessage(message!, why);
  const [dead] = await receive(client.createReceiver("events", deadLetters));
  expect(dead).toMatchObject(why);
});

it("settles by its lock a message whose link is gone", async () => {
  await using bus = await startFakeServiceBus({ entities: ["events"] });
  await using client = clientOf(bus.connectionString);
  await client.createSender("events").sendMessages(["one", "two"].map((body) => ({ body })));
  const receiver = client.createReceiver("events", unattended);
  const [one, two] = await receive(receiver, 2);
  bus.faults.detach();
  await until(() => bus.links === 0, "the receiver to hear of it");
  await receiver.completeMessage(one!);
  await receiver.deadLetterMessage(two!, { deadLetterReason: "GONE", deadLetterErrorDescription: "" });
  expect(bus.stored("events")).toEqual([]);
  expect(bus.stored("events/$DeadLetterQueue")[0]?.message.death?.reason).toBe("GONE");
});

it("shows a receiver that looks what there is, locked or not, and takes nothing", async () => {
  await using bus = await startFakeServiceBus({ entities: ["events"] });
  await using client = clientOf(bus.connectionString);
  await client.createSender("events").sendMessages(["one", "two", "three"].map((body) => ({ body })));
  const receiver = client.createReceiver("events", unattended);
  await receive(receiver);
  const looks = await receiver.peekMessages(2);
  expect(looks.map(({ body }) => body)).toEqual(["one", "two"]);
  expect((await receiver.peekMessages(2)).map(({ body }) => body)).toEqual(["three"]);
  expect(await receiver.peekMessages(2)).toEqual([]);
  expect(bus.depth("events")).toBe(2);
});

it("takes a session from a receiver whose lock was not renewed, with all that it had", async () => {
  await using bus = await startFakeServiceBus({
    entities: [{ name: "ordered", sessions: true, lockMs: 1000 }],
  });
  await using client = clientOf(bus.connectionString);
  await client.createSender("ordered").sendMessages({ body: "one", sessionId: "s" });
  const first = await client.acceptNextSession("ordered", unattended);
  const [message] = await receive(first);
  await first.renewSessionLock();
  bus.faults.expireLocks();
  await until(() => bus.links === 1, "the receiver to hear of it");
  await expect(first.completeMessage(message!)).rejects.toMatchObject({ code: "SessionLockLost" });
  const second = await client.acceptSession("ordered", "s");
  expect((await receive(second))[0]).toMatchObject({ body: "one", deliveryCount: 1 });
});

it("lets a receiver wait for the next session that has messages", async () => {
  await using bus = await startFakeServiceBus({ entities: [{ name: "ordered", sessions: true }] });
  await using client = clientOf(bus.connectionString);
  const accepted = client.acceptNextSession("ordered");
  await client.createSender("ordered").sendMessages({ body: "one", sessionId: "late" });
  expect((await accepted).sessionId).toBe("late");
});

it("refuses a renewal on command, as one that is throttled", async () => {
  await using bus = await startFakeServiceBus({ entities: ["events"] });
  await using client = clientOf(bus.connectionString);
  await client.createSender("events").sendMessages({ body: "one" });
  const receiver = client.createReceiver("events", unattended);
  const [message] = await receive(receiver);
  bus.faults.failManagement("com.microsoft:renew-lock");
  expect(bus.faults.unspent()).toBe(1);
  await expect(receiver.renewMessageLock(message!)).rejects.toMatchObject({ code: "ServiceBusy" });
  expect(bus.faults.unspent()).toBe(0);
  await receiver.renewMessageLock(message!);
});
