import { TransportError } from "@streamll/core";
import { type FakeServiceBus, startFakeServiceBus } from "@streamll/fake-service-bus";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { publish, WAIT } from "../support/connect.js";
import { defaults, message, messages } from "../support/options.js";
import { busTransport, endpointOf, openBus, QUEUE } from "./support/bus.js";

let bus: FakeServiceBus;

beforeAll(async () => {
  bus = await startFakeServiceBus({
    entities: [QUEUE, "other", { name: "ordered", sessions: true }],
    keys: { Send: { key: "k+/=", rights: ["Send"] }, Listen: { key: "listening=", rights: ["Listen"] } },
  });
});
afterEach(() => {
  bus.faults.clear();
  expect(bus.protocolErrors).toEqual([]);
});
afterAll(() => bus.close());

const stored = (ids: readonly { readonly messageId: string }[]) => {
  const wanted = new Set(ids.map(({ messageId }) => messageId));
  return bus.received(QUEUE).filter(({ message: { message_id } }) => wanted.has(String(message_id)));
};

describe("a transfer that is rejected", () => {
  it.each([
    ["com.microsoft:server-busy", "refused", "throttled", false],
    ["amqp:resource-limit-exceeded", "refused", "throttled", false],
    ["com.microsoft:timeout", "unknown", "timeout", false],
    ["amqp:internal-error", "unknown", "timeout", false],
    ["com.microsoft:argument-error", "refused", "protocol", true],
    ["amqp:not-allowed", "refused", "protocol", true],
    ["amqp:link:message-size-exceeded", "refused", "too-large", true],
    ["com.microsoft:of-tomorrow", "refused", "nack", false],
  ])("with %s is %s, as %s", async (condition, kind, as, permanent) => {
    await using lane = await openBus(bus);
    bus.faults.refuse(condition);
    const [outcome] = await publish(lane.connection, [message()]);
    expect(outcome).toMatchObject({ kind, error: { kind: as, permanent } });
    expect((outcome as { error: TransportError }).error.message).toContain(condition);
    // The link lives on.
    expect(await publish(lane.connection, [message()])).toEqual([{ kind: "confirmed" }]);
  });

  it.each([
    ["com.microsoft:entity-disabled", "blocked"],
    ["amqp:unauthorized-access", "permission"],
    ["amqp:not-found", "not-found"],
  ])("with %s ends the connection: no event is guilty of it", async (condition, kind) => {
    await using lane = await openBus(bus);
    bus.faults.refuse(condition);
    lane.connection.publish([message()], () => {});
    expect(await lane.connection.closed).toMatchObject({ kind, permanent: false });
  });

  it("is told as one answer for all of its events", async () => {
    await using lane = await openBus(bus);
    bus.faults.refuse("com.microsoft:argument-error");
    const outcomes = await publish(lane.connection, messages(4));
    expect(outcomes).toMatchObject(Array(4).fill({ kind: "refused", shared: 4 }));
  });
});

describe("a queue or topic that cannot be used", () => {
  it.each([
    ["does not exist", "absent", "not-found"],
    ["is disabled", "other", "blocked"],
  ])("because it %s fails the connect", async (_, first, kind) => {
    bus.disable("other");
    const connecting = busTransport({ first }).connect(
      endpointOf(bus),
      { index: 0 },
      AbortSignal.timeout(10_000),
    );
    await expect(connecting).rejects.toMatchObject({ kind });
    bus.enable("other");
  });

  it.each([
    ["a key that may not send", { username: "Listen", password: "listening=" }, "permission"],
    ["a wrong key", { username: "Send", password: "wrong" }, "auth"],
    ["a key of another name", { username: "Nobody", password: "k+/=" }, "auth"],
  ])("with %s fails the connect for good, and says what to do", async (_, login, kind) => {
    const connecting = busTransport().connect(
      { ...endpointOf(bus), ...login },
      { index: 0 },
      AbortSignal.timeout(10_000),
    );
    await expect(connecting).rejects.toMatchObject({ kind, permanent: true });
    await expect(connecting).rejects.not.toThrow(login.password);
  });

  it("refuses its own events alone, where it was named by an event", async () => {
    await using lane = await openBus(bus, { message: defaults({ exchange: "" }) });
    const outcomes = await publish(lane.connection, [
      message({ routingKey: "absent" }),
      message({ routingKey: QUEUE }),
      message({ routingKey: "absent" }),
    ]);
    const refused = { kind: "refused", error: { kind: "not-found", permanent: true } };
    expect(outcomes).toMatchObject([refused, { kind: "confirmed" }, refused]);
    bus.add("absent");
    expect(await publish(lane.connection, [message({ routingKey: "absent" })])).toEqual([
      { kind: "confirmed" },
    ]);
    bus.remove("absent");
  });
});

describe("a link that the service ends", () => {
  it("while it is idle is opened again in silence when it is next needed", async () => {
    await using own = await startFakeServiceBus({ entities: [QUEUE], credit: 100 });
    await using lane = await openBus(own);
    expect(await publish(lane.connection, [message()])).toEqual([{ kind: "confirmed" }]);
    own.faults.idleDetachMs = 20;
    // More than the server grants: what it takes to have the link opened again.
    await vi.waitUntil(() => (lane.flows.at(-1)?.credit ?? 0) > 100, WAIT);
    await vi.waitUntil(() => own.links === 0, WAIT);
    own.faults.idleDetachMs = 600_000;
    expect(await publish(lane.connection, [message()])).toEqual([{ kind: "confirmed" }]);
    expect(own.tokens).toHaveLength(1);
  });

  it("in the middle of a batch ends the connection, and settles nothing: all of it goes again", async () => {
    const lane = await openBus(bus);
    bus.faults.hold();
    const batch = messages(10);
    const settled: unknown[] = [];
    lane.connection.publish(batch, (_from, _to, outcome) => settled.push(outcome));
    await vi.waitUntil(() => stored(batch).length === 10, WAIT);
    bus.faults.detach();
    expect(await lane.connection.closed).toMatchObject({ kind: "unreachable", permanent: false });
    expect(settled).toEqual([]);
  });

  it("because the queue was disabled ends the connection, which is not the event's fault", async () => {
    const lane = await openBus(bus);
    bus.disable(QUEUE);
    expect(await lane.connection.closed).toMatchObject({ kind: "blocked" });
    bus.enable(QUEUE);
  });
});

it("a connection that the service closes, for its own reasons, is one that was lost", async () => {
  const lane = await openBus(bus);
  bus.faults.closeConnections();
  expect(await lane.connection.closed).toMatchObject({
    kind: "unreachable",
    permanent: false,
    message: expect.stringContaining("amqp:connection:forced"),
  });
});

it("$cbs that does not answer fails the connect in time", async () => {
  bus.faults.failCbs({ status: "silence" });
  const transport = busTransport({ connectionTimeoutMs: 300 });
  const connecting = transport.connect(endpointOf(bus), { index: 0 }, AbortSignal.timeout(10_000));
  await expect(connecting).rejects.toBeInstanceOf(TransportError);
  await expect(connecting).rejects.toMatchObject({ kind: "timeout" });
});

it("an event without a session fails alone on a queue with sessions, and says what to set", async () => {
  await using lane = await openBus(bus, { first: "ordered", message: defaults({ exchange: "ordered" }) });
  const outcomes = await publish(lane.connection, [
    message({ own: { sessionId: "a" } }),
    message(),
    message({ own: { sessionId: "b" } }),
    message({ own: { sessionId: "a" } }),
  ]);
  const refused = { kind: "refused", error: { message: expect.stringContaining("needs sessionId") } };
  const confirmed = { kind: "confirmed" };
  expect(outcomes).toMatchObject([confirmed, refused, confirmed, confirmed]);
});

it("with confirms off, events are sent without waiting for an answer", async () => {
  await using lane = await openBus(bus, { confirms: false });
  const batch = messages(5);
  expect(await publish(lane.connection, batch)).toEqual(Array(5).fill({ kind: "written" }));
  await vi.waitUntil(() => stored(batch).length === 5, WAIT);
  expect(bus.transfers.at(-1)?.settled).toBe(true);
});
