import { FailedEventConsumer, type FailedEventConsumerOptions } from "@streamll/consumer";
import { silentLogger } from "@streamll/core";
import { MemoryBroker } from "@streamll/transport-memory";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

describe("a consumer of failed events", () => {
  let broker: MemoryBroker;
  let opened: FailedEventConsumer[] = [];
  beforeEach(() => {
    broker = new MemoryBroker();
    broker.declareQueue("live");
  });
  afterEach(async () => {
    await Promise.all(opened.map((one) => one.stop()));
    opened = [];
  });

  async function consume(
    handle: FailedEventConsumerOptions["handle"],
    options: Partial<FailedEventConsumerOptions> = {},
  ): Promise<FailedEventConsumer> {
    const consumer = new FailedEventConsumer({
      ...{ transport: broker.transport(), deadLetterExchange: "dlx", logger: silentLogger, handle },
      ...{ retry: { attempts: 2, backoffMs: 1, maxBackoffMs: 1 } },
      ...options,
    } as FailedEventConsumerOptions);
    opened.push(consumer);
    await consumer.start();
    return consumer;
  }

  const put = (
    id: string,
    headers: Record<string, unknown> = {},
    body = JSON.stringify({ event_type: "end", operation: id }),
  ) =>
    broker.publish({
      ...{ exchange: "dlx", routingKey: "k", messageId: id, body },
      headers: {
        ...{
          streamll_failure: "NO_TOKENS",
          streamll_failure_message: "the event has no tokens",
          streamll_attempts: 5,
        },
        ...{ streamll_exchange: "", streamll_routing_key: "live", streamll_queue: "billing", ...headers },
      },
    });

  const ids = (queue: string) => broker.consume(queue).map(({ messageId }) => messageId);

  it("is told why, and replays, keeps or drops as its handler says", async () => {
    const told: unknown[] = [];
    const consumer = await consume(
      (event, { code, reason, attempts, queue, exchange, routingKey, delivery }) => {
        told.push([event.operation, code, reason, attempts, queue, exchange, routingKey, delivery.messageId]);
        return event.operation as "replay" | "keep" | "drop";
      },
    );
    for (const id of ["replay", "keep", "drop"]) put(id);
    await expect
      .poll(() => consumer.stats())
      .toMatchObject({ events_replayed: 1, events_kept: 1, events_dropped: 1 });
    expect(told[0]).toEqual([
      "replay",
      "NO_TOKENS",
      "the event has no tokens",
      5,
      "billing",
      "",
      "live",
      "replay",
    ]);
    expect(told).toHaveLength(3);
    expect(consumer.health()).toMatchObject({ status: "up", pending: 0 });
    await consumer.stop();
    expect([ids("live"), ids("dlx.failed")]).toEqual([["replay"], ["keep"]]);
  });

  it("does not ask again for what it keeps, nor replays twice, when it comes again after a lost connection", async () => {
    let asked = 0;
    const consumer = await consume(() => {
      asked++;
      return "keep";
    });
    put("1");
    put("2");
    await expect.poll(() => consumer.stats().events_kept).toBe(2);
    broker.faults.disconnect();
    await expect.poll(() => consumer.stats()).toMatchObject({ reconnects: 1, events_kept: 2 });
    expect(asked).toBe(2);
    await consumer.stop();
    expect(ids("dlx.failed")).toEqual(["1", "2"]);
  });

  it("keeps what its handler cannot handle, what names no place, what nobody takes, and what is no event", async () => {
    const asked = new Map<string, number>();
    const consumer = await consume((event) => {
      const id = event.operation!;
      asked.set(id, (asked.get(id) ?? 0) + 1);
      if (id === "throws") throw new Error("never");
      return id === "says nothing" ? (undefined as never) : "replay";
    });
    put("throws");
    put("says nothing");
    put("no place", { streamll_exchange: undefined, streamll_routing_key: undefined });
    put("unroutable", { streamll_routing_key: "nowhere" });
    put("foreign", {}, "no event");
    await expect.poll(() => consumer.stats().events_kept).toBe(5);
    expect(Object.fromEntries(asked)).toEqual({ throws: 2, "says nothing": 2, "no place": 1, unroutable: 1 });
    await consumer.stop();
    expect(ids("dlx.failed").sort()).toEqual(["foreign", "no place", "says nothing", "throws", "unroutable"]);
  });

  it("asks onForeign of what is no event", async () => {
    const consumer = await consume(() => "keep", {
      onForeign: ({ code }) => (code === "NO_TOKENS" ? "drop" : "keep"),
    });
    put("foreign", {}, "no event");
    await expect.poll(() => consumer.stats().events_dropped).toBe(1);
  });

  it("lets no event go round for ever", async () => {
    broker.declareQueue("trap", { "x-message-ttl": 0, "x-dead-letter-exchange": "dlx" });
    const consumer = await consume(() => "replay", { maxReplays: 2 });
    put("1", { streamll_routing_key: "trap" });
    await expect.poll(() => consumer.stats()).toMatchObject({ events_replayed: 2, events_kept: 1 });
  });

  it("says so when what it keeps fills its window", async () => {
    const consumer = await consume(() => "keep", { prefetch: 2 });
    for (const id of ["1", "2", "3"]) put(id);
    await expect.poll(() => consumer.health().problems.map(({ code }) => code)).toContain("KEPT_FULL");
    expect([consumer.health().status, broker.depth("dlx.failed")]).toEqual(["degraded", 1]);
  });

  it("refuses at construction what it cannot do, and says what to write", () => {
    expect(() => new FailedEventConsumer({ url: "memory:", deadLetterExchange: "dlx" } as never)).toThrow(
      /handle: is missing; write handle: \(event, failure\) =>/,
    );
    expect(() => new FailedEventConsumer({ url: "memory:", handle: () => "keep" })).toThrow(
      /queue: is missing/,
    );
  });
});
