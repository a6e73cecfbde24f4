import { once } from "node:events";
import type { Delivery, Verdict } from "@streamll/core";
import { startFakeServiceBus } from "@streamll/fake-service-bus";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { consumer, fill, subscribe, WAIT } from "./support/consuming.js";

vi.setConfig({ testTimeout: 60_000 });

const done: Verdict = { kind: "done" };
const failed: Verdict = { kind: "again", failed: true };
const deadLetters = "events/$DeadLetterQueue";

describe("a consumer of Service Bus", () => {
  it("keeps the lock of a message whose handler takes longer than the lock", async () => {
    await using bus = await startFakeServiceBus({ entities: [{ name: "events", lockMs: 500 }] });
    await fill(bus, "events", ["a"]);
    let first = 0;
    await using engine = await consumer(bus, async ({ lockedUntil }) => {
      first ||= lockedUntil!;
      await vi.waitUntil(() => Date.now() > first + 1000, WAIT);
    });
    await vi.waitUntil(() => engine.stats().events_handled === 1, WAIT);
    await vi.waitUntil(() => bus.stored("events").length === 0, WAIT);
    expect(engine.stats()).toMatchObject({ events_received: 1, events_failed: 0, settlements_lost: 0 });
    expect(bus.protocolErrors).toEqual([]);
  });

  it("tries a renewal again that the service was too busy for", async () => {
    await using bus = await startFakeServiceBus({ entities: [{ name: "events", lockMs: 1500 }] });
    await fill(bus, "events", ["a"]);
    bus.faults.failManagement("com.microsoft:renew-lock", { times: 2 });
    await using engine = await consumer(bus, async ({ lockedUntil }) => {
      const first = lockedUntil!;
      await vi.waitUntil(() => Date.now() > first + 500, WAIT);
    });
    await vi.waitUntil(() => engine.stats().events_handled === 1, WAIT);
    expect(engine.stats()).toMatchObject({ events_received: 1, events_failed: 0 });
  });

  it("renews locks by one request, and the others one by one where one of them is lost", async () => {
    await using bus = await startFakeServiceBus({ entities: [{ name: "events", lockMs: 1500 }] });
    const warnings: Error[] = [];
    const warned = (warning: Error) => warnings.push(warning);
    process.on("warning", warned);
    onTestFinished(() => void process.off("warning", warned));
    const bodies = Array.from({ length: 20 }, (_, index) => `m${index}`);
    await fill(bus, "events", bodies);
    const renewals = () => bus.managed.filter((operation) => operation.endsWith("renew-lock")).length;
    await using one = await subscribe(bus);
    await one.delivery(19);
    const renew = () => Promise.allSettled(one.got.map((delivery) => one.subscription.renew!(delivery)));
    const before = one.got.map(({ lockedUntil }) => lockedUntil!);
    await vi.waitUntil(() => Date.now() > before[19]! - 1000, WAIT);
    expect((await renew()).every(({ status }) => status === "fulfilled")).toBe(true);
    expect(renewals()).toBe(1);
    expect(one.got.every(({ lockedUntil }, index) => lockedUntil! > before[index]!)).toBe(true);
    expect(await one.settle(one.got[7]!, done)).toBe("settled");
    const outcomes = await renew();
    expect(outcomes.flatMap(({ status }, index) => (status === "rejected" ? [index] : []))).toEqual([7]);
    expect(renewals()).toBe(1 + 1 + 20);
    expect(warnings).toEqual([]);
  });

  it("renews the locks of what it holds together", async () => {
    await using bus = await startFakeServiceBus({ entities: [{ name: "events", lockMs: 2000 }] });
    await fill(bus, "events", ["a", "b", "c", "d"]);
    let isOver = false;
    await using engine = await consumer(bus, async () => vi.waitUntil(() => isOver, WAIT));
    await vi.waitUntil(() => engine.stats().events_in_hand === 4, WAIT);
    await vi.waitUntil(() => bus.managed.length > 0, WAIT);
    isOver = true;
    await vi.waitUntil(() => engine.stats().events_handled === 4, WAIT);
    expect(bus.managed).toEqual(["com.microsoft:renew-lock"]);
  });

  it("aborts the signal of a handler whose lock is lost, and has the message again", async () => {
    await using bus = await startFakeServiceBus({ entities: [{ name: "events", lockMs: 1000 }] });
    await fill(bus, "events", ["a"]);
    const reasons: unknown[] = [];
    await using engine = await consumer(bus, async ({ earlier }, { signal }) => {
      if (earlier !== 0) return;
      bus.faults.expireLocks();
      await once(signal, "abort");
      reasons.push(signal.reason);
    });
    const codes: string[] = [];
    engine.on("failed", ({ code }) => codes.push(code));
    await vi.waitUntil(() => engine.stats().events_handled === 1 && reasons.length === 1, WAIT);
    expect(reasons[0]).toMatchObject({ code: "LOCK_LOST" });
    expect(codes).toEqual(["LOCK_LOST"]);
    await vi.waitUntil(() => bus.stored("events").length === 0, WAIT);
    expect(engine.stats().settlements_lost).toBe(1);
  });

  it("settles by its lock what was in hand when the link was detached, and goes on", async () => {
    await using bus = await startFakeServiceBus({ entities: ["events"] });
    await fill(bus, "events", ["a", "b", "c"]);
    let detached = false;
    let waiting = 0;
    await using engine = await consumer(
      bus,
      async ({ body }) => {
        if (String(body) === "d") return;
        waiting++;
        await vi.waitUntil(() => detached, WAIT);
        if (String(body) === "c") throw new Error("once more");
      },
      { attempts: 2 },
    );
    await vi.waitUntil(() => waiting === 3, WAIT);
    // An older link than a second is attached again at once.
    const since = Date.now();
    await vi.waitUntil(() => Date.now() > since + 1100, WAIT);
    expect(bus.faults.detach()).toBe(1);
    detached = true;
    await fill(bus, "events", ["d"]);
    await vi.waitUntil(() => bus.stored("events").length === 0, WAIT);
    expect(engine.stats()).toMatchObject({ events_received: 4, reconnects: 0, settlements_lost: 0 });
    await vi.waitUntil(() => bus.stored(deadLetters).length === 1, WAIT);
    expect(bus.stored(deadLetters)[0]?.message.death?.reason).toBe("RETRIES_EXHAUSTED");
  });

  it("does not lose what it settled when the link was detached before the answer came", async () => {
    await using bus = await startFakeServiceBus({ entities: ["events"] });
    await fill(bus, "events", ["a"]);
    await using one = await subscribe(bus);
    const delivery = await one.delivery(0);
    const told = one.settle(delivery, done);
    // Both leave in this turn: the detach comes before the answer.
    bus.faults.detach();
    expect(await told).toBe("settled");
    expect(bus.stored("events")).toEqual([]);
  });

  it("leaves to the service what fails too often, which gives its reason", async () => {
    await using bus = await startFakeServiceBus({ entities: [{ name: "events", maxDeliveryCount: 3 }] });
    await fill(bus, "events", ["a"]);
    await using one = await subscribe(bus);
    for (let time = 0; time < 3; time++) {
      const delivery = await one.delivery(time);
      expect([delivery.earlier, delivery.redelivered]).toEqual([time, time > 0]);
      expect(await one.settle(delivery, failed)).toBe("settled");
    }
    await using dead = await subscribe(bus, { deadLetters: true });
    const letter = await dead.delivery(0);
    expect(letter.headers).toMatchObject({ DeadLetterReason: "MaxDeliveryCountExceeded" });
    expect(await dead.settle(letter, done)).toBe("settled");
    expect(bus.stored(deadLetters)).toEqual([]);
  });

  it("says why a message is dead, and reads it where it went", async () => {
    await using bus = await startFakeServiceBus({ entities: [{ name: "topic", subscriptions: ["all"] }] });
    await fill(bus, "topic", ["a"]);
    await using one = await subscribe(bus, { source: "topic/Subscriptions/all" });
    const description = "ü".repeat(5000);
    await one.settle(await one.delivery(0), { kind: "dead", reason: "NO_TOKENS", description });
    await using dead = await subscribe(bus, { source: "topic/Subscriptions/all", deadLetters: true });
    const { headers, messageId, type } = await dead.delivery(0);
    expect({ messageId, type }).toEqual({ messageId: "id-a", type: "start" });
    expect(headers.DeadLetterReason).toBe("NO_TOKENS");
    expect(headers.DeadLetterErrorDescription).toBe("ü".repeat(4096));
  });

  it("is told of a settlement whose lock was lost that it did not arrive", async () => {
    await using bus = await startFakeServiceBus({ entities: ["events"] });
    await fill(bus, "events", ["a"]);
    await using one = await subscribe(bus);
    const delivery = await one.delivery(0);
    bus.faults.expireLocks();
    await expect(one.subscription.renew!(delivery)).rejects.toMatchObject({ permanent: true });
    expect(await one.settle(delivery, done)).toBe("lost");
    expect((await one.delivery(1)).earlier).toBe(1);
  });
});

describe("a consumer of sessions", () => {
  const entities = [{ name: "events", sessions: true, lockMs: 1000 }];

  it("reads several at a time, each in its order, and goes on with others", async () => {
    await using bus = await startFakeServiceBus({ entities: [{ name: "events", sessions: true }] });
    const bodies = Array.from({ length: 12 }, (_, index) => `${index}`);
    await fill(
      bus,
      "events",
      bodies,
      bodies.map((body) => `s${Number(body) % 3}`),
    );
    const handled: Delivery[] = [];
    await using engine = await consumer(bus, (delivery) => handled.push(delivery), {
      sessions: { atOnce: 2 },
    });
    await vi.waitUntil(() => handled.length === 12, WAIT);
    for (const session of ["s0", "s1", "s2"]) {
      const own = handled
        .filter(({ orderingKey }) => orderingKey === session)
        .map(({ body }) => Number(body));
      expect(own).toEqual(own.toSorted((a, b) => a - b));
      expect(own).toHaveLength(4);
    }
    expect(engine.stats().settlements_lost).toBe(0);
    expect(bus.protocolErrors).toEqual([]);
  });

  it("renews the lock of a session, and has the session again where that is lost", async () => {
    await using bus = await startFakeServiceBus({ entities });
    await fill(bus, "events", ["a", "b"], ["s", "s"]);
    const began: string[] = [];
    const reasons: unknown[] = [];
    await using engine = await consumer(
      bus,
      async ({ body, lockedUntil, earlier }, { signal }) => {
        began.push(`${body}${earlier}`);
        if (earlier !== 0) return;
        // Longer than the lock lives without a renewal.
        await vi.waitUntil(() => Date.now() > lockedUntil! + 300, WAIT);
        bus.faults.expireLocks();
        await once(signal, "abort");
        reasons.push(signal.reason);
      },
      { sessions: { name: "s" } },
    );
    await vi.waitUntil(() => engine.stats().events_handled === 2, WAIT);
    expect(reasons).toEqual([expect.objectContaining({ code: "LOCK_LOST" })]);
    expect(began).toEqual(["a0", "a1", "b1"]);
    await vi.waitUntil(() => bus.stored("events").length === 0, WAIT);
  });

  it("waits for a session that another receiver has", async () => {
    await using bus = await startFakeServiceBus({ entities: [{ name: "events", sessions: true }] });
    await fill(bus, "events", ["a"], ["s"]);
    const first = await subscribe(bus, { sessions: { name: "s" } });
    await first.delivery(0);
    await using second = await subscribe(bus, { sessions: { name: "s" } });
    expect(second.got).toEqual([]);
    await first.subscription.close(AbortSignal.timeout(5000));
    const { orderingKey, earlier } = await second.delivery(0);
    expect({ orderingKey, earlier }).toEqual({ orderingKey: "s", earlier: 0 });
  });

  it("is refused where the queue has none, and without sessions where it has", async () => {
    await using bus = await startFakeServiceBus({ entities: ["plain", { name: "events", sessions: true }] });
    await expect(subscribe(bus)).rejects.toMatchObject({ kind: "protocol", permanent: true });
    await expect(subscribe(bus, { source: "plain", sessions: { atOnce: 1 } })).rejects.toMatchObject({
      kind: "protocol",
      permanent: true,
    });
  });

  it("stops while it waits for a session to come", async () => {
    await using bus = await startFakeServiceBus({ entities });
    const one = await subscribe(bus, { sessions: { atOnce: 2 } });
    await one.subscription.stop();
    await one.subscription.close(AbortSignal.timeout(5000));
    expect(await one.subscription.closed).toBeUndefined();
  });
});
