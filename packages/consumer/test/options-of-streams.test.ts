import { EventConsumer, type EventConsumerOptions } from "@streamll/consumer";
import type { ConfigurationError } from "@streamll/core";
import { describe, expect, it } from "vitest";

const good = { url: "rabbitmq-stream://localhost/", stream: "events", handle: () => {} };
const offsets = { load: () => undefined, store: () => {} };

function problemsOf(options: object): readonly string[] {
  try {
    new EventConsumer(options as EventConsumerOptions);
    return [];
  } catch (error) {
    return (error as ConfigurationError).problems.map(({ option, message }) => `${option}: ${message}`);
  }
}

describe("the options of a consumer of a stream", () => {
  it.each([
    {},
    { url: "amqp://localhost/" },
    { url: "amqp://localhost/", useStreams: true },
    { consumerName: "billing", from: "first", singleActiveConsumer: true, offsets },
    { from: new Date() },
    { from: 0 },
    { declareTopology: "declare", streamMaxAgeHours: 6, superStreamPartitions: 3 },
  ])("%j are fine", (options) => {
    expect(problemsOf({ ...good, ...options })).toEqual([]);
  });

  it.each([
    [{ stream: undefined }, 'stream: is missing; write the name of a stream such as "streamll_events"'],
    [{ queue: "q" }, "queue: a stream is named by stream, and has no queue behind it"],
    [{ exchange: "x" }, "exchange: a stream is read by itself, through no exchange: name it by stream"],
    [{ bindings: ["#"] }, "bindings: a stream has no bindings: handlers choose what they handle by type"],
    [{ deadLetterExchange: "x" }, "deadLetterExchange: a stream has no dead letters"],
    [{ maxDeliveries: 3 }, "maxDeliveries: a stream does not count deliveries"],
    [{ streamFilter: true }, "streamFilter: is of the sink"],
    [
      { streamMaxAgeHours: 6 },
      'streamMaxAgeHours: is for a stream that is declared: set declareTopology: "declare" too',
    ],
    [
      { from: "begin" },
      'from: must be "first", "last", "next", a Date such as new Date("2026-01-31T12:00Z"), or an offset from 0 on',
    ],
    [{ from: -1 }, "from: "],
    [{ from: new Date("never") }, "from: "],
    [
      { singleActiveConsumer: true },
      "singleActiveConsumer: needs consumerName: it is one of all that have the same name",
    ],
    [{ consumerName: "x".repeat(256) }, "consumerName: "],
    [
      { consumerName: "a", offsets },
      "offsets: keeps offsets in the place of the broker: leave out consumerName",
    ],
    [{ offsets: { load() {} } }, "offsets: "],
    [{ publisherName: "a" }, "publisherName: is not an option of EventConsumer"],
  ])("%j are refused, with what to write instead", (options, problem) => {
    expect(problemsOf({ ...good, ...options }).join("\n")).toContain(problem);
  });

  it.each(["consumerName", "from", "singleActiveConsumer", "offsets"])(
    "%s is refused of a queue",
    (option) => {
      const value = { consumerName: "a", from: "first", singleActiveConsumer: true, offsets }[option];
      expect(problemsOf({ url: "memory:x", queue: "q", handle() {}, [option]: value })).toEqual([
        `${option}: is of a stream: name one by stream, with useStreams: true or a URL rabbitmq-stream://`,
      ]);
    },
  );

  it("come from the environment, a time as a date too", () => {
    const env = {
      RABBITMQ_FROM: "2026-01-31T12:00:00Z",
      RABBITMQ_CONSUMER_NAME: "billing",
      RABBITMQ_SINGLE_ACTIVE_CONSUMER: "true",
    };
    expect(EventConsumer.fromEnv(good, env).health().status).toBe("stopped");
    expect(() => EventConsumer.fromEnv(good, { RABBITMQ_FROM: "1h" })).toThrow(/RABBITMQ_FROM/);
  });
});
