import { describe, expect, it } from "vitest";
import { MemoryBroker } from "../src/index.js";

describe("declaring", () => {
  it("again, and binding again, changes nothing", () => {
    const broker = new MemoryBroker();
    for (let turn = 0; turn < 2; turn++) {
      broker.declareExchange("x", "topic");
      broker.declareQueue("q", { "x-max-length": 5, "x-of-no-meaning": { list: [1] } });
      broker.bind("q", "x", "#");
      broker.publish({ exchange: "x", body: "" });
    }
    expect(broker.depth("q")).toBe(2);
  });

  it("an exchange of another type is a conflict that shows both", () => {
    const broker = new MemoryBroker();
    broker.declareExchange("x", "topic");
    expect(() => broker.declareExchange("x", "fanout")).toThrow(
      expect.objectContaining({
        kind: "topology-conflict",
        permanent: true,
        message: expect.stringContaining(
          `406 inequivalent arg 'type' for exchange "x": received "fanout" but current is "topic"`,
        ),
      }),
    );
  });

  it.each([
    [{ "x-message-ttl": 1000 }, {}, "'x-message-ttl' for queue \"q\": received none but current is 1000"],
    [{}, { "x-max-length": 5 }, "'x-max-length' for queue \"q\": received 5 but current is none"],
    [{ "x-overflow": "drop-head" }, { "x-overflow": "reject-publish" }, 'but current is "drop-head"'],
    [{}, { "x-queue-type": "quorum" }, 'received "quorum" but current is "classic"'],
  ])("a queue with %j as %j is a conflict that shows both", (first, second, message) => {
    const broker = new MemoryBroker();
    broker.declareQueue("q", first);
    expect(() => broker.declareQueue("q", second)).toThrow(message);
  });

  it("tells the type of an exchange, those that every broker has included", () => {
    const broker = new MemoryBroker();
    broker.declareExchange("x", "direct");
    const names = ["x", "amq.direct", "amq.fanout", "amq.headers", "amq.match", "amq.topic"];
    const types = ["direct", "direct", "fanout", "headers", "headers", "topic"];
    expect(names.map((name) => broker.exchangeType(name))).toEqual(types);
    expect(() => broker.exchangeType("y")).toThrow(expect.objectContaining({ kind: "not-found" }));
  });

  it("an exchange leaves the alternate exchange that it has", () => {
    const broker = new MemoryBroker();
    broker.declareExchange("x", "topic", { "alternate-exchange": "a" });
    broker.declareExchange("x", "topic");
    expect(() => broker.declareExchange("x", "topic", { "alternate-exchange": "b" })).toThrow(
      `'alternate-exchange' for exchange "x": received "b" but current is "a"`,
    );
  });

  it.each([
    { "x-message-ttl": -1 },
    { "x-message-ttl": "1h" },
    { "x-max-length": 1.5 },
    { "x-max-priority": 256 },
    { "x-overflow": "explode" },
    { "x-dead-letter-exchange": 5 },
    { "x-dead-letter-routing-key": "k" },
  ])("a queue with %j is refused", (args) => {
    const [argument] = Object.keys(args);
    expect(() => new MemoryBroker().declareQueue("q", args)).toThrow(
      `invalid arg '${argument}' for queue "q"`,
    );
  });

  it("what begins with amq. is the broker's own, save that its exchanges may be declared as they are", () => {
    const broker = new MemoryBroker();
    const reserved = (what: string) =>
      expect.objectContaining({
        kind: "permission",
        message: `403 ${what} name 'amq.mine' contains reserved prefix 'amq.*'`,
      });
    expect(() => broker.declareExchange("amq.mine")).toThrow(reserved("exchange"));
    expect(() => broker.declareQueue("amq.mine")).toThrow(reserved("queue"));
    broker.declareExchange("amq.fanout", "fanout");
  });

  it("an exchange of a type that does not exist is refused", () => {
    expect(() => new MemoryBroker().declareExchange("x", "x-delayed-message")).toThrow(
      expect.objectContaining({
        kind: "protocol",
        message: expect.stringContaining("direct, fanout, topic, headers"),
      }),
    );
  });

  it("what is asked for and not there is named, with what is there", () => {
    const broker = new MemoryBroker();
    broker.declareQueue("orders");
    const notFound = (message: string) =>
      expect.objectContaining({ kind: "not-found", message: expect.stringContaining(message) });
    expect(() => broker.consume("order")).toThrow(notFound('there is no queue "order"; there are "orders"'));
    expect(() => broker.publish({ exchange: "x", body: "" })).toThrow(notFound('there is no exchange "x"'));
    expect(() => broker.bind("orders", "x")).toThrow(notFound('there is no exchange "x"'));
    expect(() => broker.bind("orders", "")).toThrow(expect.objectContaining({ kind: "permission" }));
  });
});
