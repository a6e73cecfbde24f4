import { describe, expect, it } from "vitest";
import { RabbitMQSink, type RabbitMQSinkOptions, sinkOptionsFromEnv } from "../src/index.js";
import { problemsOf } from "./problems.js";

const long = "x".repeat(256);
/** 255 characters, 510 bytes. */
const wide = "ä".repeat(255);

const named: [option: string, beside: Record<string, unknown>][] = [
  ["exchange", {}],
  ["exchange", { amqpVersion: "1.0" }],
  ["exchange", { useStreams: true }],
  ["exchangeType", { queue: false }],
  ["queue", {}],
  ["routingKey", {}],
  ["routingKey", { exchange: "" }],
  ["deadLetterExchange", {}],
  ["deadLetterRoutingKey", { deadLetterExchange: "d" }],
  ["deadLetterQueue", { deadLetterExchange: "d" }],
  ["stream", { useStreams: true }],
  ["stream", { superStreamPartitions: 3 }],
  ["publisherName", { useStreams: true }],
  ["connectionName", {}],
];

describe("a name", () => {
  it.each(
    named.flatMap(([option, beside]) =>
      ["e\n", "e\r", "a\nb", "\n", "a\u0000b", "a\tb", "a\u007f", "a\u0085b", "a\ud800b", "\udc00"].map(
        (bad) => ({
          option,
          bad,
          beside,
        }),
      ),
    ),
  )("holds no control characters and no half of a pair: $option $bad $beside", ({ option, bad, beside }) => {
    const [problem, ...others] = problemsOf({ ...beside, [option]: bad });
    expect(problem).toMatch(new RegExp(`^${option}: .*control characters`));
    expect(others).toEqual([]);
  });

  it.each(named)("has at most 255 bytes: %s %o", (option, beside) => {
    for (const bad of [long, wide]) {
      const problems = problemsOf({ ...beside, [option]: bad });
      expect(problems).toEqual([expect.stringMatching(new RegExp(`^${option}: .*255 bytes`))]);
    }
  });

  it("may hold whatever else there is", () => {
    const strange = " ä/?&=%2F'{}*#🐇 ";
    expect(problemsOf({ exchange: strange, queue: strange, deadLetterExchange: `${strange}d` })).toEqual([]);
    expect(problemsOf({ exchange: "amq", queue: "AMQ.x", deadLetterExchange: "amqp.failed" })).toEqual([]);
  });

  it.each([
    ["exchangeArguments", "alternate-exchange"],
    ["queueArguments", "x-dead-letter-exchange"],
    ["queueArguments", "x-dead-letter-routing-key"],
  ])("among %s is a name too: %s", (option, argument) => {
    for (const bad of ["e\n", "a\u0000b", long]) {
      expect(problemsOf({ [option]: { [argument]: bad } })).toEqual([
        expect.stringMatching(new RegExp(`^${option}: "${argument}" is .*must be a string of at most 255`)),
      ]);
    }
    for (const good of ["", "e", "amq.fanout"])
      expect(problemsOf({ [option]: { "x-dead-letter-exchange": "d", [argument]: good } })).toEqual([]);
  });

  it("of a variable is trimmed, and refused with the variable's name", () => {
    expect(sinkOptionsFromEnv({ RABBITMQ_EXCHANGE: "orders\n" })).toEqual({ exchange: "orders" });
    expect(() => sinkOptionsFromEnv({ RABBITMQ_QUEUE: "a\nb" })).toThrow(
      /^RABBITMQ_QUEUE: .*control characters/,
    );
  });
});

const reserved = "must not begin with amq., which is reserved for the broker";

describe("a name that is the broker's own", () => {
  it.each([
    [{ queue: "amq.x" }, `queue: ${reserved}: no queue "amq.x" can be declared`],
    [{ exchange: "", routingKey: "amq.x" }, `routingKey: ${reserved}: no queue "amq.x" can be declared`],
    [{ exchange: "amq.nope", queue: "q" }, `exchange: ${reserved}: it has no exchange "amq.nope"`],
    [{ exchange: "amq.rabbitmq.trace" }, `exchange: ${reserved}: it has no exchange "amq.rabbitmq.trace"`],
    [{ deadLetterExchange: "amq.nope" }, `deadLetterExchange: ${reserved}: it has no exchange "amq.nope"`],
    [
      { deadLetterExchange: "d", deadLetterQueue: "amq.failed" },
      `deadLetterQueue: ${reserved}: no queue "amq.failed" can be declared`,
    ],
    [{ useStreams: true, stream: "amq.x" }, `stream: ${reserved}`],
    [{ useStreams: true, exchange: "amq.topic" }, `exchange: ${reserved}`],
    [{ superStreamPartitions: 2, stream: "amq.x" }, `stream: ${reserved}`],
  ])("is refused where it would be declared: %o", (options, problem) => {
    expect(problemsOf(options)).toEqual([problem]);
  });

  it("may be used where somebody else has made it", () => {
    for (const declareTopology of ["passive", "none"]) {
      expect(problemsOf({ declareTopology, exchange: "amq.theirs", queue: "amq.gen-x" })).toEqual([]);
      expect(problemsOf({ declareTopology, exchange: "", routingKey: "amq.gen-x" })).toEqual([]);
    }
    expect(problemsOf({ exchange: "", routingKey: "amq.rabbitmq.reply-to.x", queue: false })).toEqual([]);
  });
});

describe("a derived name", () => {
  const queuesOf = (options: RabbitMQSinkOptions) =>
    new RabbitMQSink(options).explain().topology.queues.map(({ name }) => name);

  it("is not the broker's", () => {
    expect(queuesOf({ exchange: "amq.topic", routingKey: "rag.{event_type}" })).toEqual([
      "streamll_amq.topic.rag",
    ]);
    expect(queuesOf({ deadLetterExchange: "amq.topic" })).toEqual([
      "streamll_events",
      "streamll_amq.topic.failed",
    ]);
  });

  it("that is too long is the problem of what it derives from, in any mode", () => {
    const exchange = "x".repeat(254);
    expect(problemsOf({ exchange, routingKey: "rag.{event_type}" })).toEqual([
      expect.stringMatching(/^queue: the queue's name .* is longer than 255 bytes$/),
    ]);
    for (const declareTopology of ["declare", "passive"])
      expect(problemsOf({ declareTopology, deadLetterExchange: exchange })).toEqual([
        expect.stringMatching(/^deadLetterExchange: the queue's name .* is longer than 255 bytes$/),
      ]);
    expect(problemsOf({ deadLetterExchange: exchange, deadLetterQueue: "failed" })).toEqual([]);
  });

  it("is not that of the queue that events go to", () => {
    const problem = (option: string, name: string) =>
      `${option}: "${name}" is the queue that events go to: set deadLetterQueue to another`;
    expect(problemsOf({ queue: "d.failed", deadLetterExchange: "d" })).toEqual([
      problem("deadLetterExchange", "d.failed"),
    ]);
    expect(problemsOf({ deadLetterExchange: "d", deadLetterQueue: "streamll_events" })).toEqual([
      problem("deadLetterQueue", "streamll_events"),
    ]);
  });
});
