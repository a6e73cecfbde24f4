import { describe, expect, it } from "vitest";
import { RabbitMQSink } from "../src/index.js";
import { problemsOf } from "./problems.js";

const ofType = (type: string, more: Record<string, unknown> = {}) => ({
  queueArguments: { "x-queue-type": type, ...more },
});

describe("a queue of a type", () => {
  it.each([
    [
      { messageTtl: 5 },
      'messageTtl: a stream queue has no x-message-ttl: set "x-max-age" in queueArguments instead',
    ],
    [{ queuePriority: 5 }, "queuePriority: a stream queue has no x-max-priority: leave it out"],
    [
      { deadLetterExchange: "d" },
      "deadLetterExchange: a stream queue has no x-dead-letter-exchange: leave it out",
    ],
  ])("of a stream has no %o, and the option is named", (options, problem) => {
    for (const amqpVersion of ["0-9-1", "1.0"])
      expect(problemsOf({ amqpVersion, ...ofType("stream"), ...options })).toEqual([problem]);
    expect(problemsOf({ ...ofType("classic"), ...options })).toEqual([]);
  });

  it("of a stream names each option that it lacks", () => {
    const options = { messageTtl: 5, queuePriority: 5, deadLetterExchange: "d", deadLetterRoutingKey: "k" };
    expect(problemsOf({ ...ofType("stream"), ...options }).map((problem) => problem.split(":")[0])).toEqual([
      "messageTtl",
      "queuePriority",
      "deadLetterExchange",
      "deadLetterRoutingKey",
    ]);
  });

  it.each([
    ["stream", "x-max-length", 5],
    ["stream", "x-overflow", "drop-head"],
    ["stream", "x-single-active-consumer", true],
    ["stream", "x-queue-mode", "lazy"],
    ["stream", "x-expires", 5],
    ["quorum", "x-max-priority", 5],
    ["quorum", "x-queue-mode", "lazy"],
    ["quorum", "x-max-age", "5h"],
    ["classic", "x-delivery-limit", 5],
    ["classic", "x-max-age", "5h"],
  ])("%s is refused with %s", (type, argument, value) => {
    const problem = expect.stringContaining(`queueArguments: a ${type} queue has no ${argument}: `);
    expect(problemsOf(ofType(type, { [argument]: value }))).toEqual([problem]);
    // The virtual host's own type is not known.
    expect(problemsOf({ queueArguments: { [argument]: value } })).toEqual([]);
    if (type === "stream") return;
    expect(problemsOf({ queueType: type, queueArguments: { [argument]: value } })).toEqual([problem]);
  });

  it.each([
    ["stream", { "x-max-age": "5h", "x-max-length-bytes": 5000, "x-stream-max-segment-size-bytes": 500 }],
    [
      "quorum",
      { "x-delivery-limit": 5, "x-max-length": 5, "x-overflow": "reject-publish", "x-expires": 5000 },
    ],
    ["classic", { "x-max-priority": 5, "x-queue-mode": "lazy", "x-overflow": "reject-publish-dlx" }],
    ["x-of-a-plugin", { "x-message-ttl": 5, "x-max-age": "5h" }],
  ])("%s takes what it has", (type, more) => {
    expect(problemsOf(ofType(type, more))).toEqual([]);
  });

  it("quorum has messageTtl and dead letters", () => {
    const options = { queueType: "quorum" as const, messageTtl: 5, deadLetterExchange: "d" };
    expect(new RabbitMQSink(options).explain().topology.queues).toEqual([
      {
        name: "streamll_events",
        arguments: { "x-queue-type": "quorum", "x-message-ttl": 5000, "x-dead-letter-exchange": "d" },
      },
      { name: "d.failed", arguments: { "x-queue-type": "quorum" }, keepsReturned: true },
    ]);
  });
});
