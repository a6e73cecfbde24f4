import { EventConsumer, type EventConsumerOptions } from "@streamll/consumer";
import type { ConfigurationError } from "@streamll/core";
import { memoryTransport } from "@streamll/transport-memory";
import { describe, expect, it } from "vitest";
import { resolveTopology } from "../src/topology.js";

const batched = { handle: undefined, handleBatch: () => {} };
const good = { url: "memory:options", queue: "q", handle: () => {} };

function problemsOf(options: object): readonly string[] {
  try {
    new EventConsumer({ ...good, ...options } as EventConsumerOptions);
    return [];
  } catch (error) {
    return (error as ConfigurationError).problems.map(({ option, message }) => `${option}: ${message}`);
  }
}

describe("the options of a consumer", () => {
  it("are fine as they are", () => {
    expect(problemsOf({})).toEqual([]);
  });

  it.each([
    [{ queue: undefined }, 'queue: is missing; write the name of a queue such as "rag-team"'],
    [{ queue: "" }, "queue: "],
    [{ handlers: { end() {} } }, "handle: is for every event, as handlers is: leave out one of them"],
    [{ handleBatch() {} }, "handleBatch: is for every event, as handle is: leave out one of them"],
    [{ batch: { size: 2 } }, "batch: is of handleBatch: write handleBatch: (events) => …"],
    [{ ...batched, batch: { size: 0 } }, "batch: size is 0; must be a whole number from 1"],
    [{ ...batched, batch: { wait: 100 } }, "batch: wait is 100; must be"],
    [{ ...batched, batch: { time: 1 } }, 'batch: has the unknown key "time"; allowed are size, wait'],
    [
      { ...batched, batch: { size: 201 } },
      "batch: size is 201, and prefetch lets no more than 200 events in",
    ],
    [{ ...batched, concurrency: 2 }, "concurrency: is not for handleBatch"],
    [{ handle: undefined, continueExecution: true }, "continueExecution: is for handle and handlers"],
    [{ continueExecution: 1 }, "continueExecution: "],
    [{ schema: {} }, "schema: "],
    [{ schema: { end: { parse() {} } } }, 'schema: "end" is no schema; write one of a library that has'],
    [
      { handle: undefined, handlers: { end: 1 } },
      'handlers: "end" is 1; write a function (event, delivery) => …',
    ],
    [{ handle: undefined, handlers: {} }, "handlers: "],
    [{ prefetch: 0 }, "prefetch: "],
    [{ prefetch: 65_536 }, "prefetch: "],
    [{ concurrency: 1.5 }, "concurrency: "],
    [{ retry: { attempts: 0 } }, "retry: attempts is 0; must be a whole number from 1"],
    [
      { retry: { attempt: 3 } },
      'retry: has the unknown key "attempt"; allowed are attempts, backoffMs, maxBackoffMs',
    ],
    [
      { handlerTimeout: 60_000 },
      'handlerTimeout: 60000 would be 60000 s: a number is in seconds; write "60000ms"',
    ],
    [{ bindings: ["a.*"] }, "bindings: needs exchange: the one that the queue is bound to"],
    [{ exchange: "x", bindings: [] }, "bindings: "],
    [{ exchange: "x", bindings: [1] }, "bindings: holds 1; a pattern is"],
    [{ queueType: "quorum" }, "queueType: is for a queue that is declared"],
    [
      { exchange: "x", deadLetterExchange: "x" },
      "deadLetterExchange: must be another exchange than exchange",
    ],
    [
      { exchange: "x", queueType: "quorum", queueArguments: { "x-queue-type": "classic" } },
      "queueArguments: x-queue-type contradicts another option: leave it out",
    ],
    [{ deadLetters: true }, "deadLetters: only Azure Service Bus keeps dead letters beside the queue"],
    [{ session: "s" }, "session: only queues of Azure Service Bus have sessions"],
    [{ sessions: 2 }, "sessions: only queues of Azure Service Bus have sessions"],
    [{ sessions: 0 }, "sessions: "],
    [{ dedup: { window: 0 } }, "dedup: "],
    [{ dedup: { has() {} } }, "dedup: "],
    [{ prefech: 10 }, "prefech: "],
    [
      { url: "mine://host", transports: [{ ...memoryTransport, schemes: ["mine"], consuming: undefined }] },
      "url: the transport memory cannot consume",
    ],
    [{ url: "memory:x", amqpUrl: "memory:y" }, "url: "],
  ])("%j are refused, with what to write instead", (options, problem) => {
    expect(problemsOf(options).join("\n")).toContain(problem);
  });
});

describe("what a consumer declares", () => {
  it("is nothing without an exchange", () => {
    expect(resolveTopology({ queue: "q" }).topology).toEqual({
      mode: "none",
      exchanges: [],
      queues: [],
      bindings: [],
    });
  });

  it("is its queue, its bindings, and a place for dead letters that a sink would declare alike", () => {
    const request = {
      queue: "q",
      exchange: "x",
      bindings: ["a.*", "b.#"],
      deadLetterExchange: "failed",
    } as const;
    expect(resolveTopology({ ...request, queueType: "quorum" }).topology).toEqual({
      mode: "declare",
      exchanges: [
        { name: "x", type: "topic", arguments: {}, asFound: true },
        { name: "failed", type: "topic", arguments: {}, asFound: true },
      ],
      queues: [
        { name: "q", arguments: { "x-queue-type": "quorum", "x-dead-letter-exchange": "failed" } },
        { name: "failed.failed", arguments: { "x-queue-type": "quorum" }, keepsReturned: true },
      ],
      bindings: [
        { exchange: "x", queue: "q", pattern: "a.*" },
        { exchange: "x", queue: "q", pattern: "b.#" },
        { exchange: "failed", queue: "failed.failed", pattern: "#" },
      ],
    });
  });
});

describe("the options of a consumer of Azure Service Bus", () => {
  const url =
    "Endpoint=sb://example.servicebus.windows.net/;SharedAccessKeyName=listen;SharedAccessKey=c2VjcmV0";

  it.each([
    [{ queue: "events" }],
    [{ queue: "topic/Subscriptions/all", deadLetters: true }],
    [{ queue: "events", session: "s" }],
    [{ queue: "events", sessions: 8 }],
  ])("are fine as they are (%o)", (options) => {
    expect(problemsOf({ url, ...options })).toEqual([]);
  });

  it.each([
    [
      { session: "s", sessions: 2 },
      "sessions: is for any sessions, and session names one: leave out one of them",
    ],
    [{ session: "s", deadLetters: true }, "session: dead letters are in no session: leave it out"],
    [{ session: "s".repeat(129) }, "session: must have at most 128 characters"],
    [{ url: `${url};EntityPath=others` }, 'queue: url names "others": leave out one of them'],
    [{ exchange: "x" }, "exchange: the transport service-bus has no exchanges and queues to declare"],
  ])("refuse %o", (options, problem) => {
    expect(problemsOf({ url, queue: "events", ...options })).toEqual([expect.stringContaining(problem)]);
  });
});
