import { describe, expect, it } from "vitest";
import { RabbitMQSink, type RabbitMQSinkOptions } from "../src/index.js";
import { problemsOf } from "./problems.js";

const explained = (options: RabbitMQSinkOptions) => new RabbitMQSink(options).explain();
const bindingOf = (options: RabbitMQSinkOptions) => explained(options).topology.bindings[0];

const delayedBy = (type: unknown) => ({
  exchangeType: "x-delayed-message",
  exchangeArguments: { "x-delayed-type": type },
});

describe("the binding of an exchange", () => {
  it.each([
    ["topic", "streamll.*.*"],
    ["fanout", ""],
    ["x-consistent-hash", "1"],
    ["x-modulus-hash", ""],
    ["x-random", ""],
    ["x-local-random", ""],
    ["x-recent-history", ""],
  ])("of type %s has the key %j", (exchangeType, pattern) => {
    const binding = { exchange: "streamll_events", queue: "streamll_events", pattern };
    expect(bindingOf({ exchangeType })).toEqual(binding);
    expect(bindingOf(delayedBy(exchangeType))).toEqual(binding);
  });

  it("of type headers takes every message", () => {
    const binding = { pattern: "", arguments: { "x-match": "all" } };
    expect(bindingOf({ exchangeType: "headers" })).toMatchObject(binding);
    expect(bindingOf(delayedBy("headers"))).toMatchObject(binding);
  });

  it("of type direct needs a key without placeholders, also where it delays", () => {
    const routingKey = "audit";
    expect(bindingOf({ exchangeType: "direct", routingKey })).toMatchObject({ pattern: "audit" });
    expect(bindingOf({ ...delayedBy("direct"), routingKey })).toMatchObject({ pattern: "audit" });
    const problem = '"direct" compares full keys and cannot bind streamll.*.*; use "topic", or queue: false';
    expect(problemsOf({ exchangeType: "direct" })).toEqual([expect.stringContaining(problem)]);
    expect(problemsOf({ ...delayedBy("direct"), mandatory: false })).toEqual([
      expect.stringMatching(/^exchangeArguments: "direct" compares full keys/),
    ]);
  });

  it.each([
    [
      { exchangeType: "x-jms-topic" },
      'exchangeType: the sink does not know how "x-jms-topic" routes: use queue: false',
    ],
    [
      { exchangeType: "Topic" },
      'exchangeType: the sink does not know how "Topic" routes: use queue: false and bindings of your own; did you mean "topic"?',
    ],
    [{ exchangeType: "x-consistent_hash" }, 'did you mean "x-consistent-hash"?'],
    [{ exchangeType: "__proto__" }, 'exchangeType: the sink does not know how "__proto__" routes'],
    [delayedBy("x-jms-topic"), 'exchangeArguments: the sink does not know how "x-jms-topic" routes'],
  ])("of a type that the sink does not know is not guessed: %o", (options, problem) => {
    expect(problemsOf(options)).toEqual([expect.stringContaining(problem)]);
    // Who binds queues knows how.
    for (const bound of [{ queue: false }, { declareTopology: "passive" }, { declareTopology: "none" }])
      expect(problemsOf({ ...options, ...bound })).toEqual([]);
  });

  it("is not made in mode passive, so that the type does not matter", () => {
    const { topology } = explained({ exchangeType: "direct", declareTopology: "passive" });
    expect(topology).toMatchObject({ exchanges: [{ type: "direct" }], queues: [{}], bindings: [] });
  });

  it("of type x-local-random takes classic queues alone", () => {
    const problem = 'exchangeType: "x-local-random" takes classic queues alone: set queueType: "classic"';
    for (const own of [{ queueType: "quorum" }, { queueArguments: { "x-queue-type": "stream" } }])
      expect(problemsOf({ exchangeType: "x-local-random", ...own })).toEqual([
        expect.stringContaining(problem),
      ]);
    expect(problemsOf({ exchangeType: "x-local-random", queueType: "classic" })).toEqual([]);
  });
});

describe("an exchange that delays", () => {
  it.each([
    { declareTopology: "declare" },
    { declareTopology: "passive" },
    { declareTopology: "none" },
  ] as const)("has mandatory off by default: %o", (mode) => {
    expect(explained({ ...delayedBy("topic"), ...mode }).options.mandatory).toEqual({
      value: false,
      from: "derived",
    });
    expect(explained(mode).options.mandatory).toEqual({ value: true, from: "derived" });
  });

  it("refuses mandatory", () => {
    expect(problemsOf({ ...delayedBy("topic"), mandatory: true })).toEqual([
      'mandatory: an exchange of type "x-delayed-message" returns what it has stored: leave this out',
    ]);
    expect(problemsOf({ ...delayedBy("topic"), mandatory: false })).toEqual([]);
  });

  it.each([undefined, 5, "x-delayed-message"])("needs the type by which it routes, and not %s", (type) => {
    const [problem, ...others] = problemsOf(delayedBy(type));
    expect(problem).toMatch(/^exchangeArguments: exchangeType "x-delayed-message" needs x-delayed-type/);
    expect(others).toEqual([]);
    expect(problemsOf({ ...delayedBy(type), queue: false })).toHaveLength(1);
    expect(problemsOf({ ...delayedBy(type), declareTopology: "none" })).toEqual([]);
  });

  it("is asked for by its type, and not by its argument alone", () => {
    expect(problemsOf({ exchangeArguments: { "x-delayed-type": "topic" } })).toEqual([
      'exchangeArguments: x-delayed-type needs exchangeType: "x-delayed-message"',
    ]);
  });
});

describe("the broker's own exchanges", () => {
  it.each([
    ["amq.topic", "topic", { pattern: "streamll.*.*" }],
    ["amq.fanout", "fanout", { pattern: "" }],
    ["amq.headers", "headers", { pattern: "", arguments: { "x-match": "all" } }],
    ["amq.match", "headers", { pattern: "", arguments: { "x-match": "all" } }],
  ])("%s has the type %s, and a queue by a name that is ours", (exchange, type, key) => {
    const { topology, options } = explained({ exchange });
    expect(topology.exchanges).toEqual([{ name: exchange, type, arguments: {} }]);
    expect(topology.queues).toEqual([{ name: `streamll_${exchange}`, arguments: {} }]);
    expect(topology.bindings).toEqual([{ exchange, queue: `streamll_${exchange}`, ...key }]);
    expect(options.exchangeType).toEqual({ value: type, from: "derived" });
    expect(problemsOf({ exchange, exchangeType: type })).toEqual([]);
  });

  it("amq.direct compares full keys", () => {
    const exchange = "amq.direct";
    expect(problemsOf({ exchange })[0]).toMatch(/^exchangeType: "direct" compares full keys/);
    expect(explained({ exchange, routingKey: "audit" }).topology.bindings).toEqual([
      { exchange, queue: "streamll_amq.direct.audit", pattern: "audit" },
    ]);
  });

  it.each([
    [
      { exchange: "amq.topic", exchangeType: "direct" },
      'exchangeType: the broker\'s own exchange amq.topic has the type "topic"',
    ],
    [{ exchange: "", exchangeType: "topic" }, 'exchangeType: the default exchange has the type "direct"'],
    [
      { exchange: "amq.topic", exchangeArguments: { "alternate-exchange": "a" } },
      "exchangeArguments: the broker's own exchange amq.topic takes none",
    ],
    [{ exchange: "", exchangeArguments: { a: 1 } }, "exchangeArguments: the default exchange takes none"],
  ])("are what they are: %o", (options, problem) => {
    expect(problemsOf(options)).toEqual([expect.stringContaining(problem)]);
  });
});
