import { describe, expect, it } from "vitest";
import { RabbitMQSink, type RabbitMQSinkOptions } from "../src/index.js";
import { problemsOf } from "./problems.js";

const topologyOf = (options: RabbitMQSinkOptions) => new RabbitMQSink(options).explain().topology;

describe("what is declared", () => {
  it("by default: the exchange, a queue of its name, and the template's own binding", () => {
    expect(topologyOf({})).toEqual({
      mode: "declare",
      exchanges: [{ name: "streamll_events", type: "topic", arguments: {} }],
      queues: [{ name: "streamll_events", arguments: {} }],
      bindings: [{ exchange: "streamll_events", queue: "streamll_events", pattern: "streamll.*.*" }],
    });
  });

  it.each([
    ["dspy_events", "errors.{module_name}", "dspy_events.errors", "errors.*"],
    ["team_events", "rag.{event_type}", "team_events.rag", "rag.*"],
    ["e", "app.x.{module_name}.{event_type}", "e.app.x", "app.x.*.*"],
    ["e", "audit.log", "e.audit.log", "audit.log"],
    ["e", "{module_name}.x", "e", "*.x"],
    ["e", "pre-{module_name}.x", "e", "*.x"],
    ["e", "streamll.{event_type}.{operation}", "e", "streamll.*.*"],
  ])("exchange %s with %s: queue %s bound by %s", (exchange, routingKey, queue, pattern) => {
    expect(topologyOf({ exchange, routingKey }).bindings).toEqual([{ exchange, queue, pattern }]);
  });

  it("no queue with queue: false", () => {
    const { exchanges, queues, bindings } = topologyOf({ queue: false });
    expect([exchanges.length, queues, bindings]).toEqual([1, [], []]);
  });

  it("nothing with declareTopology: none", () => {
    expect(topologyOf({ declareTopology: "none", deadLetterExchange: "d" })).toEqual({
      mode: "none",
      exchanges: [],
      queues: [],
      bindings: [],
    });
  });

  it("no exchange for the default exchange, but the queue that the key names", () => {
    const topology = topologyOf({ exchange: "", routingKey: "jobs" });
    expect(topology).toMatchObject({ exchanges: [], queues: [{ name: "jobs" }], bindings: [] });
    expect(topologyOf({ exchange: "" }).queues).toEqual([]);
    expect(problemsOf({ exchange: "", routingKey: "jobs", queue: "other" })).toEqual([
      'queue: with exchange "" it must be the same as routingKey',
    ]);
  });

  it("by the exchange's type", () => {
    const binding = (options: RabbitMQSinkOptions) => topologyOf(options).bindings[0];
    expect(binding({ exchangeType: "fanout" })).toMatchObject({ pattern: "" });
    expect(binding({ exchangeType: "headers" })).toMatchObject({
      pattern: "",
      arguments: { "x-match": "all" },
    });
    expect(binding({ exchangeType: "direct", routingKey: "one" })).toMatchObject({ pattern: "one" });
    expect(problemsOf({ exchangeType: "direct" })[0]).toMatch(/^exchangeType: "direct" compares full keys/);
    expect(problemsOf({ exchangeType: "direct", queue: false })).toEqual([]);
  });
});

describe("arguments of the queue", () => {
  const argumentsOf = (options: RabbitMQSinkOptions) => topologyOf(options).queues[0]?.arguments;

  it("come from the options, in milliseconds", () => {
    expect(argumentsOf({ messageTtl: 300, queuePriority: 1, queueType: "classic" })).toEqual({
      "x-message-ttl": 300_000,
      "x-max-priority": 10,
      "x-queue-type": "classic",
    });
  });

  it("hold a priority above 10, and leave a larger one of the user's own", () => {
    expect(argumentsOf({ queuePriority: 200 })).toEqual({ "x-max-priority": 200 });
    expect(argumentsOf({ queuePriority: 5, queueArguments: { "x-max-priority": 20 } })).toEqual({
      "x-max-priority": 20,
    });
  });

  it("are merged with the user's own", () => {
    expect(
      argumentsOf({ messageTtl: 1, queueArguments: { "x-max-length": 5, "x-message-ttl": 1000 } }),
    ).toEqual({
      "x-max-length": 5,
      "x-message-ttl": 1000,
    });
  });

  it.each([
    [
      { messageTtl: 1, queueArguments: { "x-message-ttl": 5 } },
      "x-message-ttl is 5, and messageTtl makes it 1000",
    ],
    [{ queueType: "quorum", queueArguments: { "x-queue-type": "classic" } }, "queueType makes it"],
    [
      { queuePriority: 30, queueArguments: { "x-max-priority": 20 } },
      "x-max-priority is 20, below queuePriority 30",
    ],
    [
      { deadLetterExchange: "d", queueArguments: { "x-dead-letter-exchange": "e" } },
      "deadLetterExchange makes it",
    ],
  ])("that clash are an error: %o", (options, message) => {
    const [problem] = problemsOf(options);
    expect(problem).toMatch(/^queueArguments: /);
    expect(problem).toContain(message);
  });

  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;

  it.each<[string, unknown]>([
    ["NaN", Number.NaN],
    ["Infinity", Number.POSITIVE_INFINITY],
    ["a function", () => 1],
    ["a BigInt", 1n],
    ["a Date", new Date(0)],
    ["a Map", new Map()],
    ["a list with NaN", [1, Number.NaN]],
    ["a function deep inside", { a: [{ b: () => 1 }] }],
    ["a cycle", cycle],
  ])("that AMQP cannot hold are an error: %s", (_, value) => {
    for (const option of ["queueArguments", "exchangeArguments"]) {
      const [problem, ...others] = problemsOf({ [option]: { "x-fine": 1, "x-wrong": value } });
      expect(problem).toMatch(new RegExp(`^${option}: "x-wrong" is .*; an argument is a string`));
      expect(others).toEqual([]);
    }
    expect(problemsOf({ queueArguments: { ["x".repeat(256)]: 1 } })).toHaveLength(1);
  });

  it("may be nested", () => {
    const queueArguments = { "x-a": ["b", null, { c: true }], "x-d": undefined };
    expect(argumentsOf({ queueArguments })).toEqual(queueArguments);
  });

  it("leave x-max-priority out on a quorum queue, with a warning", () => {
    const warnings: string[] = [];
    const logger = {
      debug() {},
      info() {},
      warn: (_: unknown, text: string) => warnings.push(text),
      error() {},
    };
    expect(argumentsOf({ queueType: "quorum", queuePriority: 7, logger })).toEqual({
      "x-queue-type": "quorum",
    });
    expect(warnings).toEqual([expect.stringContaining("queuePriority on a quorum queue")]);
  });
});

describe("dead letters", () => {
  it("have an exchange and a queue bound to all of it", () => {
    const { exchanges, queues, bindings } = topologyOf({ exchange: "e", deadLetterExchange: "d" });
    expect(exchanges[1]).toEqual({ name: "d", type: "topic", arguments: {} });
    expect(queues).toEqual([
      { name: "e", arguments: { "x-dead-letter-exchange": "d" } },
      { name: "d.failed", arguments: {} },
    ]);
    expect(bindings[1]).toEqual({ exchange: "d", queue: "d.failed", pattern: "#" });
  });

  it("take what only a consumer could fill in from the head of the routing key", () => {
    const { queues } = topologyOf({
      routingKey: "dspy.{module_name}.{event_type}",
      deadLetterExchange: "dspy_failed",
      deadLetterRoutingKey: "failed.{module_name}",
    });
    expect(queues[0]?.arguments).toEqual({
      "x-dead-letter-exchange": "dspy_failed",
      "x-dead-letter-routing-key": "failed.dspy",
    });
  });

  it("take the head as it is, also with a $ in it", () => {
    const { queues } = topologyOf({
      routingKey: "a$&b.{event_type}",
      deadLetterExchange: "d",
      deadLetterRoutingKey: "failed.{module_name}",
    });
    expect(queues[0]?.arguments).toMatchObject({ "x-dead-letter-routing-key": "failed.a$&b" });
  });

  it("keep their key, with a warning, where the routing key has no head", () => {
    const warnings: string[] = [];
    const logger = {
      debug() {},
      info() {},
      warn: (_: unknown, text: string) => warnings.push(text),
      error() {},
    };
    const { queues } = topologyOf({
      routingKey: "{module_name}",
      deadLetterExchange: "d",
      deadLetterRoutingKey: "failed.{module_name}",
      logger,
    });
    expect(queues[0]?.arguments).toEqual({ "x-dead-letter-exchange": "d" });
    expect(warnings).toEqual([expect.stringContaining("deadLetterRoutingKey")]);
  });

  it("cannot go back to where they came from", () => {
    expect(problemsOf({ exchange: "e", deadLetterExchange: "e" })).toEqual([
      "deadLetterExchange: must be another exchange than exchange",
    ]);
  });
});
