import { type Delivery, silentLogger, type Verdict } from "@streamll/core";
import { startFakePubSub } from "@streamll/fake-pubsub";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { pubsubTransport } from "../src/index.js";
import { endpointOf, pubsubTestOptions, TOPIC, topologyOf } from "./support/fake.js";

const fake = await startFakePubSub({ topics: [TOPIC, "dead"] });
afterEach(() => {
  fake.faults.clear();
  fake.denied.clear();
});
afterAll(() => fake[Symbol.asyncDispose]());

let made = 0;

/** Subscribes to a subscription of its own. */
async function subscribed(wish: { readonly deadLetterTopic?: string } = {}) {
  const name = `subscription-${made++}`;
  fake.subscription(name, { topic: TOPIC, ...wish, maxDeliveryAttempts: 100 });
  const received: Delivery[] = [];
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (_: object, text: string) => void warnings.push(text) };
  const transport = pubsubTransport.create(pubsubTestOptions({ topology: topologyOf("none"), logger }), []);
  const subscription = await transport.consuming!.subscribe(
    endpointOf(fake),
    { source: name, window: 10, receive: (some) => void received.push(...some) },
    new AbortController().signal,
  );
  const full = `projects/${fake.project}/subscriptions/${name}`;
  return {
    ...{ received, warnings, subscription },
    came: (count: number) => expect.poll(() => received.length, { timeout: 20_000 }).toBe(count),
    settle: (delivery: Delivery, verdict: Verdict) =>
      new Promise<string>((resolve) => subscription.settle(delivery, verdict, resolve)),
    left: () => fake.store.subscription(full).depth + fake.store.subscription(full).leased,
    [Symbol.asyncDispose]: () => subscription.close(new AbortController().signal),
  };
}

const put = (attributes: Record<string, string>, orderingKey = "") =>
  fake.store.publish(`projects/${fake.project}/topics/${TOPIC}`, [
    { data: Buffer.from("{}"), attributes, orderingKey },
  ]);

const dead: Verdict = { kind: "dead", reason: "RETRIES_EXHAUSTED", description: "it failed 5 times" };

describe("a subscription", () => {
  it("hands over what another program published, with what the service added", async () => {
    await using consumer = await subscribed({ deadLetterTopic: "dead" });
    const [id] = put({ colour: "blue", __proto__: "x" }, "key");
    await consumer.came(1);
    expect(consumer.received[0]).toMatchObject({
      messageId: id,
      exchange: TOPIC,
      orderingKey: "key",
      redelivered: false,
      earlier: 0,
      headers: { colour: "blue", pubsub_message_id: id },
    });
    expect(consumer.received[0]!.routingKey).toBeUndefined();
    expect(consumer.received[0]!.timestamp).toBeGreaterThan(1_700_000_000_000);
  });

  it("puts the dead into its topic for dead letters with their reason, as they were", async () => {
    await using consumer = await subscribed({ deadLetterTopic: "dead" });
    put({ message_id: "m", colour: "blue" }, "key");
    await consumer.came(1);
    expect(await consumer.settle(consumer.received[0]!, dead)).toBe("settled");
    expect(fake.stored("dead").at(-1)).toMatchObject({
      orderingKey: "key",
      attributes: {
        message_id: "m",
        colour: "blue",
        streamll_failure: "RETRIES_EXHAUSTED",
        streamll_failure_message: "it failed 5 times",
      },
    });
    expect(consumer.left()).toBe(0);
  });

  it("loses no dead letter where it names no topic for them, or that topic takes none", async () => {
    await using nowhere = await subscribed();
    put({ message_id: "m" });
    await nowhere.came(1);
    expect(await nowhere.settle(nowhere.received[0]!, dead)).toBe("lost");
    await nowhere.came(2);
    await using refused = await subscribed({ deadLetterTopic: "dead" });
    put({ message_id: "m" });
    await refused.came(1);
    fake.faults.next("publish", { status: "PERMISSION_DENIED" });
    expect(await refused.settle(refused.received[0]!, dead)).toBe("lost");
    await refused.came(2);
  });

  it("goes on where the service refuses pulls and settlements for reasons of its own", async () => {
    await using consumer = await subscribed();
    fake.faults.next("pull", { status: "UNAVAILABLE" }, 2);
    put({ message_id: "m" });
    await consumer.came(1);
    fake.faults.next("acknowledge", { status: "RESOURCE_EXHAUSTED" }, 2);
    expect(await consumer.settle(consumer.received[0]!, { kind: "done" })).toBe("settled");
    expect(consumer.left()).toBe(0);
  });

  it("serves an account that may pull and not look, and says what it misses", async () => {
    fake.denied.add("subscriptions.get");
    await using consumer = await subscribed();
    expect(consumer.warnings).toEqual([expect.stringContaining("may not look at the subscription")]);
    put({ message_id: "m" });
    await consumer.came(1);
  });

  it("extends an ack deadline, and says until when it holds a message", async () => {
    await using consumer = await subscribed();
    put({ message_id: "m" });
    await consumer.came(1);
    const [delivery] = consumer.received;
    const before = delivery!.lockedUntil!;
    expect(before - Date.now()).toBeGreaterThan(5000);
    await expect.poll(() => Date.now() > before - 10_000, { timeout: 20_000 }).toBe(true);
    await consumer.subscription.renew!(delivery!);
    expect(delivery!.lockedUntil).toBeGreaterThan(before);
    fake.faults.next("modify", { status: "PERMISSION_DENIED" });
    await expect(consumer.subscription.renew!(delivery!)).rejects.toMatchObject({ permanent: false });
    await consumer.settle(delivery!, { kind: "done" });
    await expect(consumer.subscription.renew!(delivery!)).rejects.toMatchObject({ permanent: true });
  });

  it("lets what is to come later come later", async () => {
    await using consumer = await subscribed();
    put({ message_id: "m" });
    await consumer.came(1);
    const settledAt = performance.now();
    await consumer.settle(consumer.received[0]!, { kind: "again", failed: true, delayMs: 900 });
    await consumer.came(2);
    expect(performance.now() - settledAt).toBeGreaterThan(900);
  });
});
