import { once } from "node:events";
import type { ServiceBusSender } from "@azure/service-bus";
import { until } from "@streamll/brokers";
import { expect, it, vi } from "vitest";
import { startFakeServiceBus } from "../src/index.js";
import { again, clientOf } from "./support/client.js";
import { logIn } from "./support/log-in.js";

// Each takes a fraction of a second where nothing else runs.
vi.setConfig({ testTimeout: 30_000 });

it.each([
  ["com.microsoft:server-busy", "ServiceBusy"],
  ["com.microsoft:timeout", "ServiceTimeout"],
  ["com.microsoft:entity-disabled", "MessagingEntityDisabled"],
  ["amqp:resource-limit-exceeded", "QuotaExceeded"],
  ["amqp:not-found", "MessagingEntityNotFound"],
  ["amqp:unauthorized-access", "UnauthorizedAccess"],
  ["amqp:internal-error", "GeneralError"],
])("answers transfers and attaches with %s on command", async (condition, code) => {
  await using bus = await startFakeServiceBus({ entities: ["events"] });
  await using client = clientOf(bus.connectionString);
  const sender = client.createSender("events");
  bus.faults.refuseAttach(condition);
  await expect(sender.sendMessages({ body: 0 })).rejects.toMatchObject({ code });
  bus.faults.refuse(condition);
  await expect(sender.sendMessages({ body: 1 })).rejects.toMatchObject({ code });
  await sender.sendMessages({ body: 2 });
  expect(bus.received("events").map(({ body }) => body?.toString())).toEqual(["2"]);
  expect(bus.transfers.map(({ refused }) => refused)).toEqual([condition, undefined]);
});

it("throttles for a time, after which a sender that tries again comes through", async () => {
  await using bus = await startFakeServiceBus({ entities: ["events"] });
  await using client = clientOf(bus.connectionString, {
    retryOptions: { maxRetries: 50, retryDelayInMs: 50 },
  });
  const sender = client.createSender("events");
  await sender.sendMessages({ body: "one" });
  bus.faults.throttle(1_000);
  await sender.sendMessages({ body: "two" });
  expect(bus.transfers.filter(({ refused }) => refused === "com.microsoft:server-busy")).not.toEqual([]);
  expect(bus.received("events")).toHaveLength(2);
});

it("refuses one entity and spares the others, until it is told to stop", async () => {
  await using bus = await startFakeServiceBus({ entities: ["events", "others"] });
  await using client = clientOf(bus.connectionString);
  bus.faults.refuse("amqp:resource-limit-exceeded", {
    times: Infinity,
    entity: "events",
    description: "full",
  });
  for (let i = 0; i < 2; i++) {
    await expect(client.createSender("events").sendMessages({ body: i })).rejects.toThrow(/full/);
  }
  await client.createSender("others").sendMessages({ body: "one" });
  bus.faults.clear();
  await client.createSender("events").sendMessages({ body: "one" });
});

it("takes no message and no batch that is larger than the link says", async () => {
  await using bus = await startFakeServiceBus({
    entities: [{ name: "events", maxMessageSize: 20_000, maxBatchSize: 10_000 }],
  });
  await using client = clientOf(bus.connectionString);
  const sender = client.createSender("events");
  expect((await sender.createMessageBatch()).maxSizeInBytes).toBe(20_000);
  await sender.sendMessages({ body: "x".repeat(15_000) });
  await expect(sender.sendMessages({ body: "x".repeat(20_000) })).rejects.toMatchObject({
    code: "MessageSizeExceeded",
    message: expect.stringMatching(/size:20\d\d\d bytes\) exceeds the limit \(20000 bytes\)/),
  });
  const batch = await sender.createMessageBatch();
  batch.tryAddMessage({ body: "x".repeat(15_000) });
  await expect(sender.sendMessages(batch)).rejects.toThrow(/exceeds the limit \(10000 bytes\)/);

  bus.faults.oversize = "detach";
  const patience = new AbortController();
  const sending = sender.sendMessages({ body: "x".repeat(20_000) }, { abortSignal: patience.signal });
  await until(() => bus.links === 0, "the detach");
  patience.abort();
  await expect(sending).rejects.toThrow(/abort/);
  expect(bus.received("events")).toHaveLength(1);
});

it("detaches an idle link, which the client opens anew when it sends", async () => {
  await using bus = await startFakeServiceBus({ entities: ["events"], scale: 0.5 });
  await using client = clientOf(bus.connectionString, again);
  const sender = client.createSender("events");
  expect(bus.faults.idleDetachMs).toBe(300_000);
  for (let sent = 1; sent <= 2; sent++) {
    await sender.sendMessages({ body: sent });
    expect(bus.links).toBe(1);
    bus.faults.idleDetachMs = 20;
    await until(() => bus.links === 0, "the detach");
    bus.faults.idleDetachMs = 300_000;
  }
  expect(bus.connections).toBe(1);
  expect(bus.received("events")).toHaveLength(2);
});

it("closes a connection some time after its last link", async () => {
  await using bus = await startFakeServiceBus({ entities: ["events"], scale: 0.5 });
  expect(bus.faults.emptyCloseMs).toBe(150_000);
  const connection = logIn(bus);
  const closed = once(connection, "connection_error");
  connection.open_sender("events");
  await until(() => bus.links === 1, "the link");
  bus.faults.emptyCloseMs = 20;
  bus.faults.detach();
  expect(await closed).toMatchObject([{ error: { condition: "amqp:connection:forced" } }]);
  await until(() => bus.connections === 0, "the end of the connection");
});

it("detaches in the middle of what is under way: stored, and nobody was told", async () => {
  await using bus = await startFakeServiceBus({ entities: ["events"] });
  await using client = clientOf(bus.connectionString);
  const sender = client.createSender("events");
  bus.faults.hold();
  const patience = new AbortController();
  const sending = sender.sendMessages({ body: "one" }, { abortSignal: patience.signal });
  await until(() => bus.transfers.length === 1, "the transfer");
  expect(bus.faults.detach()).toBe(1);
  await until(() => bus.links === 0, "the detach");
  bus.faults.answer();
  patience.abort();
  await expect(sending).rejects.toThrow(/abort/);
  expect(bus.received("events")).toHaveLength(1);
});

it("closes and breaks connections, which the client opens anew", async () => {
  await using bus = await startFakeServiceBus({ entities: ["events"] });
  await using client = clientOf(bus.connectionString, again);
  const sender = client.createSender("events");
  const breaks = [() => bus.faults.closeConnections(), () => bus.faults.dropConnections()];
  for (const breakOff of breaks) {
    await sendAtLast(sender);
    breakOff();
    await until(() => bus.links === 0 && bus.connections === 0, "the end of the connection");
  }
  await sendAtLast(sender);
  expect(bus.received("events")).toHaveLength(3);
  expect(bus.protocolErrors).toEqual([]);
});

/** Where its connection is just ending, Microsoft's client fails without a try. */
const sendAtLast = (sender: ServiceBusSender) =>
  until(
    () =>
      sender.sendMessages({ body: "one" }).then(
        () => true,
        () => false,
      ),
    "a connection",
  );

it("disables, enables, removes and adds an entity", async () => {
  await using bus = await startFakeServiceBus({ entities: ["events"] });
  await using client = clientOf(bus.connectionString, again);
  const sender = client.createSender("events");
  await sender.sendMessages({ body: 1 });
  bus.disable("events");
  await until(() => bus.links === 0, "the detach");
  await expect(sender.sendMessages({ body: 2 })).rejects.toMatchObject({ code: "MessagingEntityDisabled" });
  bus.enable("events");
  await sender.sendMessages({ body: 3 });
  bus.remove("events");
  await until(() => bus.links === 0, "the detach");
  await expect(sender.sendMessages({ body: 4 })).rejects.toMatchObject({ code: "MessagingEntityNotFound" });
  bus.add("events");
  await sender.sendMessages({ body: 5 });
  expect(bus.received("events").map(({ body }) => body?.toString())).toEqual(["5"]);
});
