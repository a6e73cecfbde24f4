import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeadLetter, DeadLetters, EventConsumer, FailedEventConsumer } from "@streamll/consumer";
import { silentLogger } from "@streamll/core";
import { type FakeServiceBus, startFakeServiceBus } from "@streamll/fake-service-bus";
import { RabbitMQSink } from "@streamll/sink";
import { describe, expect, it } from "vitest";

const patient = { timeout: 20_000 };
const LOCK_MS = 5000;
const DEAD = "events/$DeadLetterQueue";

/** A queue that detects duplicates, and whose dead letters have these codes; locks are short. */
async function scene(codes: readonly string[], onTestFinished: (close: () => Promise<void>) => void) {
  const bus = await startFakeServiceBus({
    entities: [{ name: "events", lockMs: LOCK_MS, duplicateDetection: true }],
  });
  onTestFinished(() => bus.close());
  const url = bus.connectionString;
  const shared = { queue: "events", logger: silentLogger } as const;
  const sink = new RabbitMQSink({
    ...{ amqpUrl: url, exchange: "", routingKey: "events", logger: silentLogger },
  });
  for (const [step, code] of codes.entries())
    await sink.publish({
      eventType: "step",
      eventId: `id-${step}`,
      executionId: "run",
      data: { step, code },
    });
  await sink.stop();
  const consumer = new EventConsumer({
    ...{ ...shared, url },
    handle({ data }) {
      throw new DeadLetter(String(data.code), "the price is missing");
    },
  });
  await consumer.start();
  await expect.poll(() => bus.stored(DEAD).length, patient).toBe(codes.length);
  await consumer.stop();
  return { bus, letters: new DeadLetters({ ...shared, url }), shared: { ...shared, url } };
}

const idsOf = (bus: FakeServiceBus, address: string) =>
  bus.stored(address).map(({ message }) => String(message.message.message_id));

// Side by side, since some wait for longer than a lock.
describe.concurrent("dead letters that Azure Service Bus keeps beside a queue", () => {
  it("are listed and shown with their reason, and stay", async ({ onTestFinished }) => {
    const { bus, letters } = await scene(["NO_PRICE", "NO_PRICE", "OTHER"], onTestFinished);
    const { groups, scanned } = await letters.list();
    expect(groups).toMatchObject([
      { code: "NO_PRICE", type: "step", count: 2 },
      { code: "OTHER", count: 1 },
    ]);
    expect(scanned).toBe(3);
    const { letters: shown } = await letters.show({ code: "OTHER" });
    expect(shown).toMatchObject([
      { id: "id-2", reason: "the price is missing", event: { data: { step: 2 } } },
    ]);
    expect(idsOf(bus, DEAD)).toEqual(["id-0", "id-1", "id-2"]);
    expect(bus.protocolErrors).toEqual([]);
  });

  it("go back to their queue as they were, once, and those that do not fit stay", async ({
    onTestFinished,
  }) => {
    const { bus, letters } = await scene(["RARE", "COMMON", "RARE"], onTestFinished);
    const folder = await mkdtemp(join(tmpdir(), "replay-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const [before] = bus.received("events");
    const report = await letters.replay({ code: "RARE", journal: join(folder, "journal") });
    expect(report).toMatchObject({ matched: 2, replayed: 2, complete: true, problems: [] });
    // With their old ids the queue would accept and drop them.
    const id = `id-0/${report.replayId}/1`;
    expect([idsOf(bus, "events"), idsOf(bus, DEAD)]).toEqual([[id, `id-2/${report.replayId}/1`], ["id-1"]]);
    const after = bus.received("events").find(({ message }) => message.message_id === id)!;
    expect(after.body).toEqual(before!.body);
    const { application_properties: properties, ...sent } = before!.message;
    const { application_properties: own, ...again } = after.message;
    for (const field of ["correlation_id", "subject", "content_type", "creation_time"] as const)
      expect(again[field]).toEqual(sent[field]);
    expect(own).toEqual({
      ...properties,
      ...{ streamll_replayed: 1, streamll_replay_id: report.replayId },
      streamll_replayed_at: expect.any(String),
    });
  });

  it("keep their locks while a slow replay holds them, and are purged", async ({ onTestFinished }) => {
    const { bus, letters } = await scene(["A", "A", "A", "A", "A", "A", "A"], onTestFinished);
    const report = await letters.replay({ rate: 1, limit: 6 });
    expect(report).toMatchObject({ replayed: 6, unacknowledged: 0, complete: true });
    expect(await letters.purge()).toMatchObject({ purged: 1 });
    expect([idsOf(bus, "events").length, idsOf(bus, DEAD).length]).toEqual([6, 0]);
  });

  it("are all given back but the one whose lock was lost, also after a detach", async ({
    onTestFinished,
  }) => {
    const { bus, letters } = await scene(Array<string>(12).fill("A"), onTestFinished);
    const replaying = letters.replay({ rate: 1 });
    await expect.poll(() => bus.stored("events").length, patient).toBeGreaterThan(2);
    expect(bus.faults.detach()).toBeGreaterThan(0);
    // Refused is the request for all locks, and then that for one of them alone.
    const lockLost = { status: 410, condition: "com.microsoft:message-lock-lost", times: 2 };
    bus.faults.failManagement("com.microsoft:renew-lock", lockLost);
    expect(await replaying).toMatchObject({ complete: false, incomplete: "lost" });
    expect(bus.depth(DEAD)).toBe(bus.stored(DEAD).length - 1);
  });

  it("go back again when they die again, under one id", async ({ onTestFinished }) => {
    const { bus, shared } = await scene(["A"], onTestFinished);
    const consumer = new EventConsumer({
      ...shared,
      handle() {
        throw new DeadLetter("A", "again");
      },
    });
    const failed = new FailedEventConsumer({
      ...shared,
      handle: (_, { replayed }) => (replayed < 2 ? "replay" : "keep"),
    });
    await Promise.all([consumer.start(), failed.start()]);
    await expect.poll(() => failed.stats(), patient).toMatchObject({ events_replayed: 2, events_kept: 1 });
    await Promise.all([consumer.stop(), failed.stop()]);
    expect(idsOf(bus, DEAD)).toEqual([expect.stringMatching(/^id-0\/[\w-]{12}\/2$/)]);
  });

  it("are replayed, kept or dropped by a handler; what is kept stays with the consumer", async ({
    onTestFinished,
  }) => {
    const { bus, shared } = await scene(["replay", "keep", "drop"], onTestFinished);
    const asked: string[] = [];
    const failed = new FailedEventConsumer({
      ...shared,
      handle(_, { code }) {
        asked.push(code);
        return code as "replay" | "keep" | "drop";
      },
    });
    await failed.start();
    await expect
      .poll(() => failed.stats(), patient)
      .toMatchObject({
        ...{ events_replayed: 1, events_kept: 1, events_dropped: 1 },
      });
    // Longer than the lock.
    const since = Date.now();
    await expect.poll(() => Date.now() - since > LOCK_MS + 1000, patient).toBe(true);
    expect(failed.stats()).toMatchObject({ events_kept: 1, events_received: 3 });
    await failed.stop();
    expect([asked, idsOf(bus, "events"), idsOf(bus, DEAD)]).toEqual([
      ["replay", "keep", "drop"],
      [expect.stringMatching(/^id-0\/[\w-]{12}\/1$/)],
      ["id-1"],
    ]);
  });
});

describe("dead letters where there are none", () => {
  it.each([
    [
      { url: "rabbitmq-stream://localhost/", queue: "x" },
      "a stream has no dead letters: what is given up stays in it. Name the broker by amqp:// for those of its queues",
    ],
    [
      { url: "pubsub://project", queue: "x" },
      "dead letters cannot be replayed through the transport pubsub: read them with EventConsumer, and send them with a sink",
    ],
    [
      { url: "amqps://ns.servicebus.windows.net", username: "u", password: "p", deadLetterExchange: "x" },
      "deadLetterExchange: is of RabbitMQ: Azure Service Bus keeps dead letters beside each queue. Leave it out, and name that queue",
    ],
  ])("are refused for %j, with what to write instead, in one problem", (options, message) => {
    const make = () => new DeadLetters(options);
    expect(make).toThrow(message);
    expect(make).not.toThrow("problems");
  });
});
