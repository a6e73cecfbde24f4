import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MemoryBroker } from "../src/index.js";
import { bodies } from "./support/bodies.js";

function queueWith(args: Record<string, unknown> = {}) {
  const broker = new MemoryBroker();
  broker.declareQueue("q", args);
  return {
    broker,
    put: (body: string, properties: { priority?: number; expirationMs?: number } = {}) =>
      broker.publish({ routingKey: "q", body, ...properties }),
  };
}

describe("a queue", () => {
  it("gives the oldest first, with all its properties, and gives it once", () => {
    const { broker } = queueWith();
    const message = {
      routingKey: "q",
      body: Buffer.from("1"),
      messageId: "m",
      correlationId: "c",
      type: "start",
      timestamp: 5,
      headers: { a: 1 },
      appId: "app",
      contentType: "text/plain",
      priority: 3,
      deliveryMode: 1,
    } as const;
    broker.publish(message);
    broker.publish({ routingKey: "q", body: "2" });
    expect(broker.depth("q")).toBe(2);
    expect(broker.get("q")).toEqual({ ...message, exchange: "", redelivered: false });
    expect(bodies(broker, "q")).toEqual(["2"]);
    expect([broker.get("q"), broker.consume("q"), broker.depth("q")]).toEqual([undefined, [], 0]);
  });

  it("is emptied by a purge", () => {
    const { broker, put } = queueWith();
    for (const body of ["1", "2"]) put(body);
    expect([broker.purge("q"), broker.depth("q")]).toEqual([2, 0]);
  });

  it("keeps a message that was given back, as redelivered, at its head", () => {
    const { broker, put } = queueWith();
    for (const body of ["1", "2"]) put(body);
    expect(broker.reject("q", { requeue: true })).toBe(true);
    expect(broker.consume("q").map(({ redelivered }) => redelivered)).toEqual([true, false]);
    expect(broker.reject("q", { requeue: true })).toBe(false);
  });

  it("of a length drops the oldest", () => {
    const { broker, put } = queueWith({ "x-max-length": 2 });
    for (const body of ["1", "2", "3"]) expect(put(body)).toBe("stored");
    expect(bodies(broker, "q")).toEqual(["2", "3"]);
  });

  it("of a size in bytes drops the oldest", () => {
    const { broker, put } = queueWith({ "x-max-length-bytes": 5 });
    for (const body of ["123", "45", "67"]) put(body);
    expect(bodies(broker, "q")).toEqual(["45", "67"]);
  });

  it.each([{ "x-max-length": 2 }, { "x-max-length-bytes": 2 }])(
    "with %j and reject-publish refuses the newest",
    (args) => {
      const { broker, put } = queueWith({ ...args, "x-overflow": "reject-publish" });
      expect(["1", "2", "3"].map((body) => put(body))).toEqual(["stored", "stored", "full"]);
      expect(bodies(broker, "q")).toEqual(["1", "2"]);
    },
  );

  it("that refuses a message keeps it from every other queue too", () => {
    const { broker } = queueWith({ "x-max-length": 0, "x-overflow": "reject-publish" });
    broker.declareQueue("other");
    for (const queue of ["other", "q"]) broker.bind(queue, "amq.fanout");
    expect(broker.publish({ exchange: "amq.fanout", body: "1" })).toBe("full");
    expect(broker.depth("other")).toBe(0);
  });

  it("with priorities gives the highest first, each in its order, none counting as 0", () => {
    const { broker, put } = queueWith({ "x-max-priority": 5 });
    put("none");
    for (const [body, priority] of [
      ["low", 1],
      ["high", 5],
      ["over", 9],
      ["low too", 1],
    ] as const) {
      put(body, { priority });
    }
    expect(bodies(broker, "q")).toEqual(["high", "over", "low", "low too", "none"]);
  });

  it("without priorities ignores them", () => {
    const { broker, put } = queueWith();
    put("1");
    put("2", { priority: 9 });
    expect(bodies(broker, "q")).toEqual(["1", "2"]);
  });

  describe("as time passes", () => {
    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());

    it("loses what is older than its TTL", () => {
      const { broker, put } = queueWith({ "x-message-ttl": 100 });
      put("old");
      vi.setSystemTime(Date.now() + 60);
      put("new");
      vi.setSystemTime(Date.now() + 60);
      expect(broker.depth("q")).toBe(1);
      expect(bodies(broker, "q")).toEqual(["new"]);
    });

    it("loses a message at the end of its own expiration, or of the queue's TTL where that comes first", () => {
      const { broker, put } = queueWith({ "x-message-ttl": 100 });
      put("short", { expirationMs: 10 });
      put("long", { expirationMs: 1000 });
      vi.advanceTimersByTime(50);
      expect(broker.depth("q")).toBe(1);
      vi.advanceTimersByTime(50);
      expect(broker.depth("q")).toBe(0);
    });

    it("lets a message expire only at its head, as RabbitMQ does", () => {
      const { broker, put } = queueWith();
      put("stays");
      put("behind it", { expirationMs: 10 });
      vi.advanceTimersByTime(50);
      expect(broker.depth("q")).toBe(2);
      expect(bodies(broker, "q")).toEqual(["stays"]);
    });

    it("makes room for a publisher when messages expire", () => {
      const { put } = queueWith({ "x-max-length": 1, "x-overflow": "reject-publish", "x-message-ttl": 10 });
      expect([put("1"), put("2")]).toEqual(["stored", "full"]);
      vi.setSystemTime(Date.now() + 20);
      expect(put("3")).toBe("stored");
    });

    it("waits for an expiry that is further away than a timer reaches", () => {
      const days = 30 * 86_400_000;
      const { broker, put } = queueWith();
      put("1", { expirationMs: days });
      vi.advanceTimersByTime(days - 1);
      expect(broker.depth("q")).toBe(1);
      vi.advanceTimersByTime(1);
      expect(broker.depth("q")).toBe(0);
    });
  });

  it("holds no process by what is going to expire", () => {
    const timers = () => process.getActiveResourcesInfo().filter((type) => type === "Timeout").length;
    const before = timers();
    queueWith({ "x-message-ttl": 60_000 }).put("1");
    expect(timers()).toBe(before);
  });
});
