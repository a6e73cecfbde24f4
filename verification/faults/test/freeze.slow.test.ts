import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { brokersForTests, readQueue } from "@streamll/brokers";
import { startFakePubSub } from "@streamll/fake-pubsub";
import { ChildProgram, FaultProxy, type Protocol } from "@streamll/harness";
import type { RabbitMQSinkOptions } from "@streamll/sink";
import { describe, expect, it } from "vitest";
import type { Thawed } from "./support/freezes.js";

const program = new URL("support/freezes.ts", import.meta.url);
const heartbeat = 1;
const [broker] = brokersForTests().slice(-1);
const typeOf = (body: string | Buffer): string => JSON.parse(String(body)).event_type;

/** Freezes a program of such a sink by way of a proxy; resolves with what it told afterwards. */
async function freeze(proxy: FaultProxy, options: RabbitMQSinkOptions): Promise<Thawed> {
  using child = new ChildProgram<object, "ready" | Thawed>(program, { ...options, amqpUrl: proxy.url });
  let said: "ready" | Thawed | undefined;
  child.onSaid = (one) => {
    said = one;
  };
  await child.until(() => said === "ready", "its first event was delivered");
  child.do({ freeze: true });
  proxy.forget();
  await sleep(3 * heartbeat * 1000);
  const isThawed = () => {
    // Again and again: on a busy machine it may freeze itself only now.
    child.signal("SIGCONT");
    return typeof said === "object";
  };
  await child.until(isThawed, "its flush ended");
  expect((await child.end()).stderr).toBe("");
  return said as unknown as Thawed;
}

function expectDelivered({ sent, pending, durationMs }: Thawed): void {
  expect({ sent, pending }).toEqual({ sent: 2, pending: 0 });
  expect(durationMs).toBeLessThan(10_000);
}

describe(`a program that is frozen for three heartbeats, while a firewall forgets its connection, on RabbitMQ ${broker!.version}`, () => {
  it.each<[string, Protocol, RabbitMQSinkOptions]>([
    ["AMQP 0-9-1", "amqp", { connectionPoolSize: 1 }],
    ["AMQP 1.0", "amqp10", { connectionPoolSize: 1, amqpVersion: "1.0" }],
    ["the stream protocol", "streams", {}],
  ])("delivers over %s by its first flush afterwards", async (_, over, options) => {
    const isStream = over === "streams";
    const url = isStream ? `rabbitmq-stream://127.0.0.1:${broker!.streamPort}/` : broker!.url;
    await using proxy = await FaultProxy.to(url, { over });
    const exchange = `freeze-${randomUUID()}`;
    const thawed = await freeze(proxy, { ...options, exchange, heartbeat });
    expectDelivered(thawed);
    // A busy machine may stall the program past a heartbeat of 1 s, which loses a connection once more.
    expect(thawed.disconnects).toBeGreaterThanOrEqual(1);
    const found = await readQueue(broker!, exchange, { isStream });
    await broker!.manage("DELETE", `queues/%2F/${exchange}`);
    if (!isStream) await broker!.manage("DELETE", `exchanges/%2F/${exchange}`);
    expect(found.map(({ body }) => typeOf(body))).toEqual(["before", "frozen", "after"]);
  });
});

it("a program that is frozen, while a firewall forgets its connection, delivers to Pub/Sub by its first flush afterwards", async () => {
  await using fake = await startFakePubSub();
  const url = `pubsub-emulator://${fake.host}/${fake.project}`;
  await using proxy = await FaultProxy.to(url, { over: "pubsub" });
  const exchange = `freeze-${randomUUID()}`;
  expectDelivered(await freeze(proxy, { exchange, heartbeat, connectionPoolSize: 1 }));
  expect(fake.stored(exchange).map(({ data }) => typeOf(data))).toEqual(["before", "frozen", "after"]);
});
