import type { Delivery, SettlementOutcome, Subscription, Verdict } from "@streamll/core";
import { describe, expect, it } from "vitest";
import { MemoryBroker } from "../src/index.js";
import { bodies } from "./support/bodies.js";
import { endpoint, optionsFor } from "./support/lane.js";

const turns = async () => {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
};

async function consuming(queueArguments: Record<string, unknown> = {}, window = 10) {
  const broker = new MemoryBroker();
  const options = optionsFor(queueArguments);
  const consuming = broker.transport().create(options, []).consuming!;
  const received: Delivery[] = [];
  const outcomes: SettlementOutcome[] = [];
  const subscribe = () =>
    consuming.subscribe(
      endpoint(),
      { source: "q", window, receive: (deliveries) => received.push(...deliveries) },
      AbortSignal.timeout(5000),
    );
  const put = (...texts: string[]) => {
    for (const body of texts) broker.publish({ exchange: "x", routingKey: "a.b", body });
  };
  const settle = (subscription: Subscription, index: number, verdict: Verdict) =>
    subscription.settle(received[index]!, verdict, (outcome) => outcomes.push(outcome));
  const seen = () => received.map(({ body }) => body.toString());
  return { broker, received, outcomes, subscribe, put, settle, seen };
}

describe("a subscription of the memory broker", () => {
  it("takes no more than its window, and the next when one is settled", async () => {
    const { subscribe, put, settle, seen, outcomes } = await consuming({}, 2);
    const subscription = await subscribe();
    put("1", "2", "3");
    await turns();
    expect(seen()).toEqual(["1", "2"]);
    settle(subscription, 1, { kind: "done" });
    settle(subscription, 1, { kind: "done" });
    await turns();
    expect(seen()).toEqual(["1", "2", "3"]);
    expect(outcomes).toEqual(["lost", "settled"]);
  });

  it("gives back in order what is open when the connection is lost", async () => {
    const { broker, subscribe, put, settle, received, seen } = await consuming({ "x-queue-type": "quorum" });
    const first = await subscribe();
    put("1", "2", "3");
    await turns();
    settle(first, 1, { kind: "done" });
    await turns();
    broker.faults.disconnect();
    expect(await first.closed).toMatchObject({ kind: "unreachable" });
    await subscribe();
    await turns();
    expect(seen()).toEqual(["1", "2", "3", "1", "3"]);
    expect(received.map(({ earlier }) => earlier)).toEqual([0, 0, 0, 1, 1]);
    expect(received.map(({ redelivered }) => redelivered)).toEqual([false, false, false, true, true]);
  });

  it("counts on a quorum queue what failed, and not what was given back untried", async () => {
    const { subscribe, put, settle, received } = await consuming({ "x-queue-type": "quorum" });
    const subscription = await subscribe();
    put("1");
    await turns();
    settle(subscription, 0, { kind: "again", failed: false });
    await turns();
    settle(subscription, 1, { kind: "again", failed: true });
    await turns();
    expect(received.map(({ earlier }) => earlier)).toEqual([0, 0, 1]);
  });

  it("sends the dead to the dead-letter exchange of its queue", async () => {
    const { broker, subscribe, put, settle } = await consuming({
      "x-dead-letter-exchange": "",
      "x-dead-letter-routing-key": "dead",
    });
    broker.declareQueue("dead");
    const subscription = await subscribe();
    put("1");
    await turns();
    settle(subscription, 0, { kind: "dead", reason: "REFUSED", description: "" });
    await turns();
    expect([broker.depth("q"), bodies(broker, "dead")]).toEqual([0, ["1"]]);
  });

  it("ends when its queue is deleted, and says so", async () => {
    const { broker, subscribe, put, outcomes, settle } = await consuming();
    const subscription = await subscribe();
    put("1");
    await turns();
    broker.deleteQueue("q");
    expect(await subscription.closed).toMatchObject({ kind: "cancelled" });
    settle(subscription, 0, { kind: "done" });
    expect(outcomes).toEqual(["lost"]);
  });

  it("loses the settlements that a silent broker has not read", async () => {
    const { broker, subscribe, put, outcomes, settle } = await consuming();
    const subscription = await subscribe();
    put("1");
    await turns();
    broker.faults.silence();
    settle(subscription, 0, { kind: "done" });
    await turns();
    expect(outcomes).toEqual([]);
    await subscription.close(AbortSignal.abort());
    expect([outcomes, broker.depth("q")]).toEqual([["lost"], 1]);
  });

  it("delivers in a later turn what is given back with a delay", async () => {
    const { subscribe, put, settle, seen } = await consuming();
    const subscription = await subscribe();
    put("1", "2");
    await turns();
    settle(subscription, 0, { kind: "again", failed: true, delayMs: 20 });
    await turns();
    expect(seen()).toEqual(["1", "2"]);
    await expect.poll(seen).toEqual(["1", "2", "1"]);
  });
});
