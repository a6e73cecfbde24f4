import { describe, expect, it } from "vitest";
import { RabbitMQSink, type RabbitMQSinkOptions } from "../src/index.js";
import { onMemory } from "./on-memory.js";
import { problemsOf } from "./problems.js";

const topologyOf = (options: RabbitMQSinkOptions) => new RabbitMQSink(options).explain().topology;
const bindingsOf = (options: RabbitMQSinkOptions) => topologyOf(options).bindings.slice(1);

describe("the queue of dead letters", () => {
  it("has the name that deadLetterQueue gives it", () => {
    const { queues } = topologyOf({ deadLetterExchange: "d", deadLetterQueue: "failed" });
    expect(queues[1]).toEqual({ name: "failed", arguments: {} });
    expect(bindingsOf({ deadLetterExchange: "d", deadLetterQueue: "failed" })).toEqual([
      { exchange: "d", queue: "failed", pattern: "#" },
    ]);
  });

  it("is left to others with false, and the exchange is taken as it is", () => {
    const { exchanges, queues, bindings } = topologyOf({ deadLetterExchange: "d", deadLetterQueue: false });
    expect(exchanges[1]).toEqual({ name: "d", type: "topic", arguments: {}, asFound: true });
    expect(queues).toEqual([{ name: "streamll_events", arguments: { "x-dead-letter-exchange": "d" } }]);
    expect(bindings).toHaveLength(1);
  });

  it("needs an exchange of dead letters", () => {
    for (const deadLetterQueue of ["failed", false])
      expect(problemsOf({ deadLetterQueue })).toEqual(["deadLetterQueue: needs deadLetterExchange"]);
  });

  it("gets from amq.topic, where others publish too, what comes from this sink", () => {
    const queue = "streamll_amq.topic.failed";
    const d = { deadLetterExchange: "amq.topic" };
    const patterns = (options: RabbitMQSinkOptions) =>
      bindingsOf({ ...d, ...options }).map((binding) => {
        expect(binding).toMatchObject({ exchange: "amq.topic", queue });
        return binding.pattern;
      });
    expect(patterns({})).toEqual(["streamll.*.*"]);
    expect(patterns({ deadLetterRoutingKey: "failed" })).toEqual(["failed"]);
    expect(patterns({ deadLetterRoutingKey: "failed.{module_name}" })).toEqual(["failed.*"]);
    // The broker has nothing to put in the place of the module, and leaves the key as it is.
    expect(patterns({ routingKey: "{event_type}", deadLetterRoutingKey: "failed.{module_name}" })).toEqual([
      "failed.*",
      "*",
    ]);
  });

  it("is bound to each of the broker's exchanges by its type", () => {
    expect(bindingsOf({ deadLetterExchange: "amq.fanout" })).toMatchObject([{ pattern: "" }]);
    expect(bindingsOf({ deadLetterExchange: "amq.match" })).toMatchObject([
      { pattern: "", arguments: { "x-match": "all" } },
    ]);
    const direct = { deadLetterExchange: "amq.direct" };
    expect(bindingsOf({ ...direct, deadLetterRoutingKey: "failed" })).toMatchObject([{ pattern: "failed" }]);
    expect(bindingsOf({ ...direct, routingKey: "audit" })).toMatchObject([{ pattern: "audit" }]);
    expect(problemsOf(direct)).toEqual([
      expect.stringMatching(/^deadLetterExchange: the broker's own exchange amq.direct compares full keys/),
    ]);
    expect(problemsOf({ ...direct, deadLetterQueue: false })).toEqual([]);
  });

  it("may be somebody else's, on an exchange of any type", async () => {
    const { broker, sink } = onMemory({ deadLetterExchange: "d", deadLetterQueue: false });
    broker.declareExchange("d", "fanout");
    broker.declareQueue("theirs");
    broker.bind("theirs", "d");
    await sink.publish({ eventType: "start" });
    broker.reject("streamll_events");
    expect(broker.depth("theirs")).toBe(1);
    await sink.stop();
    const { broker: empty, sink: first } = onMemory({ deadLetterExchange: "d", deadLetterQueue: false });
    await first.start();
    expect(empty.exchangeType("d")).toBe("topic");
    await first.stop();
  });

  it("gets from the sink what a replay needs", async () => {
    const { broker, sink } = onMemory({ deadLetterExchange: "d", queue: false, maxRetries: 0 });
    await expect(sink.publish({ eventType: "start" })).rejects.toMatchObject({ code: "UNROUTABLE" });
    const [letter] = broker.consume("d.failed");
    expect(letter?.headers).toMatchObject({
      event_type: "start",
      streamll_failure: "UNROUTABLE",
      streamll_exchange: "streamll_events",
      streamll_routing_key: letter?.routingKey,
      streamll_attempts: 1,
    });
    await sink.stop();
  });
});
