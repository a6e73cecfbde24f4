import { describe, expect, it } from "vitest";
import { MemoryBroker } from "../src/index.js";
import { bodies } from "./support/bodies.js";

function brokerWith(type: string, args: Record<string, unknown> = {}): MemoryBroker {
  const broker = new MemoryBroker();
  broker.declareExchange("x", type, args);
  for (const queue of ["one", "two"]) broker.declareQueue(queue);
  return broker;
}

describe("an exchange", () => {
  it("of type direct compares whole keys", () => {
    const broker = brokerWith("direct");
    broker.bind("one", "x", "a");
    broker.bind("two", "x", "#");
    expect(broker.publish({ exchange: "x", routingKey: "a", body: "1" })).toBe("stored");
    expect(broker.publish({ exchange: "x", routingKey: "a.b", body: "2" })).toBe("unroutable");
    expect([bodies(broker, "one"), bodies(broker, "two")]).toEqual([["1"], []]);
  });

  it("of type fanout ignores keys", () => {
    const broker = brokerWith("fanout");
    broker.bind("one", "x");
    broker.bind("two", "x", "anything");
    broker.publish({ exchange: "x", routingKey: "a", body: "1" });
    expect([bodies(broker, "one"), bodies(broker, "two")]).toEqual([["1"], ["1"]]);
  });

  it("of type topic matches patterns, and brings a message to each queue once", () => {
    const broker = brokerWith("topic");
    broker.bind("one", "x", "a.*");
    broker.bind("one", "x", "#");
    broker.bind("two", "x", "a.*");
    for (const routingKey of ["a.b", "c", "a.b"])
      broker.publish({ exchange: "x", routingKey, body: routingKey });
    expect([bodies(broker, "one"), bodies(broker, "two")]).toEqual([
      ["a.b", "c", "a.b"],
      ["a.b", "a.b"],
    ]);
  });

  it.each([
    [{ format: "pdf", pages: 3 }, { format: "pdf", pages: 3, more: true }, true],
    [{ format: "pdf", pages: 3 }, { format: "pdf" }, false],
    [{ "x-match": "any", format: "pdf", pages: 3 }, { pages: 3 }, true],
    [{ "x-match": "any", format: "pdf", pages: 3 }, { pages: 4 }, false],
    [{ "x-match": "all", "x-kind": 1, a: 1 }, { a: 1 }, true],
    [{ "x-match": "all-with-x", "x-kind": 1, a: 1 }, { a: 1 }, false],
    [{ "x-match": "any-with-x", "x-kind": 1, a: 1 }, { "x-kind": 1 }, true],
    [{ a: null }, { a: "whatever" }, true],
    [{ a: null }, { b: 1 }, false],
    [{ constructor: null }, {}, false],
    [{ "x-match": "all" }, {}, true],
  ])("of type headers: %j and %j", (args, headers, arrives) => {
    const broker = brokerWith("headers");
    broker.bind("one", "x", "", args);
    broker.publish({ exchange: "x", body: "1", headers });
    expect(broker.depth("one")).toBe(arrives ? 1 : 0);
  });

  it("without a name brings a message to the queue that is named as its key", () => {
    const broker = brokerWith("topic");
    expect(broker.publish({ routingKey: "one", body: "1" })).toBe("stored");
    expect(broker.publish({ routingKey: "none", body: "2" })).toBe("unroutable");
    expect(bodies(broker, "one")).toEqual(["1"]);
  });

  it("hands what it cannot route to its alternate exchange", () => {
    const broker = brokerWith("topic", { "alternate-exchange": "spare" });
    broker.declareExchange("spare", "fanout");
    broker.bind("one", "x", "a");
    broker.bind("two", "spare");
    for (const routingKey of ["a", "b"]) broker.publish({ exchange: "x", routingKey, body: routingKey });
    expect([bodies(broker, "one"), bodies(broker, "two")]).toEqual([["a"], ["b"]]);
  });

  it("named undefined is nobody's alternate unasked", () => {
    const broker = brokerWith("topic");
    broker.declareExchange("undefined", "fanout");
    broker.bind("two", "undefined");
    expect(broker.publish({ exchange: "x", routingKey: "a", body: "1" })).toBe("unroutable");
  });

  it("does not go round when two are each other's alternate", () => {
    const broker = brokerWith("topic", { "alternate-exchange": "spare" });
    broker.declareExchange("spare", "fanout", { "alternate-exchange": "x" });
    expect(broker.publish({ exchange: "x", routingKey: "a", body: "1" })).toBe("unroutable");
  });

  it("takes a binding that comes after a message of the same key", () => {
    const broker = brokerWith("topic");
    expect(broker.publish({ exchange: "x", routingKey: "a", body: "1" })).toBe("unroutable");
    broker.bind("one", "x", "a");
    expect(broker.publish({ exchange: "x", routingKey: "a", body: "2" })).toBe("stored");
  });

  it("routes more keys than it remembers", () => {
    const broker = brokerWith("topic");
    broker.bind("one", "x", "k.*");
    for (let n = 0; n < 3000; n++) broker.publish({ exchange: "x", routingKey: `k.${n}`, body: "" });
    expect(broker.depth("one")).toBe(3000);
  });

  it("is there from the start under RabbitMQ's names", () => {
    const broker = brokerWith("topic");
    broker.bind("one", "amq.topic");
    broker.publish({ exchange: "amq.topic", routingKey: "a", body: "1" });
    expect(bodies(broker, "one")).toEqual(["1"]);
  });
});
