import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { brokersForTests, takeQueue } from "@streamll/brokers";
import { ChildProgram, FaultProxy } from "@streamll/harness";
import { describe, expect, it } from "vitest";
import type { Thawed } from "./support/freezes.js";

const program = new URL("support/freezes.ts", import.meta.url);
const heartbeat = 1;
const [broker] = brokersForTests().slice(-1);

describe(`a program that is frozen for three heartbeats, while a firewall forgets its connection, on RabbitMQ ${broker!.version}`, () => {
  it.each([
    ["AMQP 0-9-1", "amqp", {}],
    ["AMQP 1.0", "amqp10", { amqpVersion: "1.0" }],
  ] as const)("delivers over %s by its first flush afterwards", async (_, over, options) => {
    await using proxy = await FaultProxy.to(broker!.url, { over });
    const exchange = `freeze-${randomUUID()}`;
    using child = new ChildProgram<object, "ready" | Thawed>(program, {
      ...options,
      amqpUrl: proxy.url,
      exchange,
      heartbeat,
      connectionPoolSize: 1,
    });
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

    expect(said).toMatchObject({ sent: 2, pending: 0 });
    // A busy machine may stall the program past a heartbeat of 1 s, which loses a connection once more.
    expect((said as Thawed).disconnects).toBeGreaterThanOrEqual(1);
    expect((said as Thawed).durationMs).toBeLessThan(10_000);
    expect((await child.end()).stderr).toBe("");
    const types = (await takeQueue(broker!, exchange)).map(({ properties }) => properties.type);
    expect(types).toEqual(["before", "frozen", "after"]);
  });
});
