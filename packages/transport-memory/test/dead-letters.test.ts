import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MemoryBroker } from "../src/index.js";
import { bodies } from "./support/bodies.js";

/** A queue `work` of which dead letters come to `failed`. */
function brokerWith(args: Record<string, unknown> = {}): MemoryBroker {
  const broker = new MemoryBroker();
  broker.declareExchange("dlx", "topic");
  broker.declareQueue("failed");
  broker.bind("failed", "dlx", "#");
  broker.declareQueue("work", { "x-dead-letter-exchange": "dlx", ...args });
  broker.bind("work", "amq.topic", "job.*");
  return broker;
}

const put = (broker: MemoryBroker, body: string, expirationMs?: number) =>
  broker.publish({
    exchange: "amq.topic",
    routingKey: "job.a",
    body,
    headers: { mine: 1 },
    ...(expirationMs === undefined ? {} : { expirationMs }),
  });

describe("a dead letter", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("says where it died, and why", () => {
    const broker = brokerWith();
    put(broker, "1", 60_000);
    expect(broker.reject("work")).toBe(true);
    const [letter] = broker.consume("failed");
    expect(letter).toMatchObject({ exchange: "dlx", routingKey: "job.a" });
    expect(letter).not.toHaveProperty("expirationMs");
    expect(letter?.headers).toEqual({
      mine: 1,
      "x-first-death-queue": "work",
      "x-first-death-reason": "rejected",
      "x-first-death-exchange": "amq.topic",
      "x-death": [
        {
          queue: "work",
          reason: "rejected",
          count: 1,
          exchange: "amq.topic",
          "routing-keys": ["job.a"],
          time: new Date(),
          "original-expiration": "60000",
        },
      ],
    });
    expect(broker.reject("work")).toBe(false);
  });

  it("comes of a message that a full queue turns away, where x-overflow says so", () => {
    const broker = brokerWith({ "x-max-length": 1, "x-overflow": "reject-publish-dlx" });
    put(broker, "1");
    expect(put(broker, "2")).toBe("full");
    expect(bodies(broker, "work")).toEqual(["1"]);
    const [letter] = broker.consume("failed");
    expect(letter?.body.toString()).toBe("2");
    expect(letter?.headers["x-death"]).toMatchObject([{ queue: "work", reason: "maxlen" }]);
  });

  it("that a full queue turns away becomes one again, and ends where it would go round", () => {
    const broker = brokerWith({ "x-max-length": 1, "x-overflow": "reject-publish-dlx" });
    broker.declareQueue("full", {
      "x-max-length": 0,
      "x-overflow": "reject-publish-dlx",
      "x-dead-letter-exchange": "dlx",
    });
    broker.bind("full", "dlx", "#");
    for (const body of ["1", "2"]) put(broker, body);
    const deaths = broker
      .consume("failed")
      .map(({ headers }) => (headers["x-death"] as { queue: string }[]).map(({ queue }) => queue));
    expect(deaths).toEqual([["work"], ["full", "work"]]);
  });

  it("comes of a message that expires, though nobody asks for it", () => {
    const broker = brokerWith({ "x-message-ttl": 100 });
    for (const body of ["1", "2"]) put(broker, body);
    vi.advanceTimersByTime(99);
    expect(broker.depth("failed")).toBe(0);
    vi.advanceTimersByTime(1);
    expect(broker.consume("failed").map(({ headers }) => headers["x-first-death-reason"])).toEqual([
      "expired",
      "expired",
    ]);
  });

  it("comes of what a full queue drops", () => {
    const broker = brokerWith({ "x-max-length": 1 });
    for (const body of ["1", "2"]) put(broker, body);
    expect(broker.consume("failed")).toMatchObject([
      { headers: { "x-death": [{ queue: "work", reason: "maxlen" }] } },
    ]);
  });

  it("does not come of what was consumed or purged", () => {
    const broker = brokerWith();
    for (const body of ["1", "2"]) put(broker, body);
    broker.get("work");
    broker.purge("work");
    expect(broker.depth("failed")).toBe(0);
  });

  it("has the key that its queue gives it", () => {
    const broker = brokerWith({ "x-dead-letter-routing-key": "failed.job" });
    put(broker, "1");
    broker.reject("work");
    expect(broker.get("failed")?.routingKey).toBe("failed.job");
  });

  it("is lost where its exchange is not there, or no queue takes it, or the queue is full", () => {
    const broker = brokerWith();
    broker.declareExchange("nowhere", "topic");
    broker.declareQueue("full", { "x-max-length": 0, "x-overflow": "reject-publish" });
    broker.bind("full", "amq.fanout");
    for (const exchange of ["missing", "nowhere", "amq.fanout"]) {
      const queue = `to ${exchange}`;
      broker.declareQueue(queue, { "x-dead-letter-exchange": exchange });
      broker.publish({ routingKey: queue, body: "1" });
      expect(broker.reject(queue)).toBe(true);
    }
  });

  it("may be tried again after a while by way of a second queue, and counts its deaths", () => {
    const broker = brokerWith({ "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "later" });
    broker.declareQueue("later", {
      "x-message-ttl": 10,
      "x-dead-letter-exchange": "amq.topic",
      "x-dead-letter-routing-key": "job.again",
    });
    put(broker, "1");
    for (let turn = 0; turn < 3; turn++) {
      broker.reject("work");
      vi.advanceTimersByTime(10);
    }
    expect(broker.get("work")).toMatchObject({
      routingKey: "job.again",
      headers: {
        "x-first-death-queue": "work",
        "x-death": [
          { queue: "later", reason: "expired", count: 3 },
          { queue: "work", reason: "rejected", count: 3 },
        ],
      },
    });
  });

  it("does not go round where nobody rejects it", () => {
    const broker = new MemoryBroker();
    const self = (name: string) => ({ "x-dead-letter-exchange": "", "x-dead-letter-routing-key": name });
    broker.declareQueue("a", { "x-max-length": 0, ...self("b") });
    broker.declareQueue("b", { "x-max-length": 0, ...self("a") });
    broker.declareQueue("slow", { "x-message-ttl": 5, ...self("slow") });
    broker.publish({ routingKey: "a", body: "1" });
    broker.publish({ routingKey: "slow", body: "2" });
    vi.advanceTimersByTime(50);
    expect(["a", "b", "slow"].flatMap((queue) => bodies(broker, queue))).toEqual([]);
  });
});
