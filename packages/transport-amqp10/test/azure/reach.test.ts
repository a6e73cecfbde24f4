import { Agent } from "node:https";
import { startFakeServiceBus } from "@streamll/fake-service-bus";
import { describe, expect, it, vi } from "vitest";
import { publish, WAIT } from "../support/connect.js";
import { message } from "../support/options.js";
import { busTransport, endpointOf, openBus, QUEUE } from "./support/bus.js";

const confirmed = [{ kind: "confirmed" }];

describe.each([
  ["plain, as the emulator", false],
  ["with TLS", true],
])("Service Bus %s", (_, tls) => {
  it("takes events over TCP and over a web socket", async () => {
    await using bus = await startFakeServiceBus({ entities: [QUEUE], tls });
    for (const own of [{}, { webSocket: {} }]) {
      await using lane = await openBus(bus, own);
      expect(await publish(lane.connection, [message()])).toEqual(confirmed);
    }
    expect(bus.received(QUEUE)).toHaveLength(2);
  });

  it("that breaks a web socket off is a lost connection", async () => {
    await using bus = await startFakeServiceBus({ entities: [QUEUE], tls });
    const lane = await openBus(bus, { webSocket: {} });
    bus.faults.dropConnections();
    expect(await lane.connection.closed).toMatchObject({ kind: "unreachable", permanent: false });
  });
});

it("a web socket goes through the agent that the program gives", async () => {
  await using bus = await startFakeServiceBus({ entities: [QUEUE], tls: true });
  const agent = new Agent({ ca: bus.ca });
  const opened = vi.spyOn(agent, "createConnection");
  await using lane = await openBus(bus, { webSocket: { agent } });
  expect(await publish(lane.connection, [message()])).toEqual(confirmed);
  expect(opened).toHaveBeenCalledOnce();
});

it.each([
  ["over TCP", {}],
  ["over a web socket", { webSocket: {} }],
])("a certificate that nobody vouches for is refused %s", async (_, own) => {
  await using bus = await startFakeServiceBus({ entities: [QUEUE], tls: true });
  const transport = busTransport({ tls: {}, ...own });
  await expect(
    transport.connect(endpointOf(bus), { index: 0 }, AbortSignal.timeout(10_000)),
  ).rejects.toMatchObject({ kind: "tls", permanent: true });
});

it("a web socket that is given up while it opens is let go", async () => {
  await using bus = await startFakeServiceBus({ entities: [QUEUE] });
  const transport = busTransport({ webSocket: {} });
  const controller = new AbortController();
  const connecting = transport.connect(endpointOf(bus), { index: 0 }, controller.signal);
  controller.abort();
  await expect(connecting).rejects.toMatchObject({ kind: "unreachable" });
  await vi.waitUntil(() => bus.connections === 0, WAIT);
});

it("a server that speaks no web sockets there fails the connect", async () => {
  await using bus = await startFakeServiceBus({ entities: [QUEUE], tls: true });
  const transport = busTransport({ webSocket: {} });
  await expect(
    transport.connect(endpointOf(bus), { index: 0 }, AbortSignal.timeout(10_000)),
  ).rejects.toMatchObject({ kind: expect.stringMatching(/unreachable|protocol/) });
});
