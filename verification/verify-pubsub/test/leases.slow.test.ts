import { EventConsumer } from "@streamll/consumer";
import { startFakePubSub } from "@streamll/fake-pubsub";
import { expect, it } from "vitest";

const TOPIC = "events";

it("a handler may take longer than the ack deadline: the lease of its message is renewed, and it comes once", async () => {
  await using fake = await startFakePubSub({
    topics: [TOPIC],
    subscriptions: { slow: { topic: TOPIC, ackDeadlineSeconds: 10 } },
  });
  let calls = 0;
  await using consumer = new EventConsumer({
    url: `pubsub-emulator://${fake.host}/${fake.project}`,
    queue: "slow",
    async handle(_, { signal }) {
      calls++;
      const startedAt = performance.now();
      // Past the deadline, by what the server has granted.
      await expect
        .poll(() => performance.now() - startedAt, { timeout: 60_000, interval: 500 })
        .toBeGreaterThan(14_000);
      expect(signal.aborted).toBe(false);
    },
  });
  await consumer.start();
  fake.store.publish(`projects/${fake.project}/topics/${TOPIC}`, [
    { data: Buffer.from('{"event_type":"end"}'), attributes: {}, orderingKey: "" },
  ]);
  await expect.poll(() => consumer.stats().events_handled, { timeout: 60_000 }).toBe(1);
  expect(calls).toBe(1);
  const left = () => {
    const { depth, leased } = fake.store.subscription(`projects/${fake.project}/subscriptions/slow`);
    return depth + leased;
  };
  await expect.poll(left, { timeout: 60_000 }).toBe(0);
});
